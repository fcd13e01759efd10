//! verdict: too-many-processes
//! Starts threads without end.

fn main() {
    loop {
        std::thread::spawn(|| unsafe { libc::pause() });
    }
}
