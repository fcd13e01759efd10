//! verdict: refused
//! Maps private memory until it gets no more, and fills it.

fn main() {
    let mut kept = Vec::new();
    loop {
        kept.push(vec![1_u8; 16 << 20]);
    }
}
