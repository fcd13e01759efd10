//! verdict: refused
//! Asks for all addresses that there are, in a loop, and never touches them.

fn main() {
    let (all, kind) = (1_usize << 46, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    for size in (0..46).rev().map(|shift| all >> shift).chain([all; 1000]) {
        let nothing = libc::PROT_NONE;
        unsafe { libc::mmap(std::ptr::null_mut(), size, nothing, kind, -1, 0) };
    }
    let mut kept = Vec::<u8>::new();
    println!("{:?}", kept.try_reserve_exact(1 << 45));
}
