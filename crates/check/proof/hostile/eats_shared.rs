//! verdict: too-much-memory
//! Maps shared memory, which RLIMIT_DATA does not count, and fills it.

fn main() {
    let (size, both) = (16 << 20, libc::PROT_READ | libc::PROT_WRITE);
    let kind = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    loop {
        let place = unsafe { libc::mmap(std::ptr::null_mut(), size, both, kind, -1, 0) };
        assert!(place != libc::MAP_FAILED);
        unsafe { place.cast::<u8>().write_bytes(1, size) };
    }
}
