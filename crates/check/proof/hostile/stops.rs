//! verdict: hang
//! Stops itself.

fn main() {
    unsafe { libc::raise(libc::SIGSTOP) };
}
