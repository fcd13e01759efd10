//! verdict: too-many-processes
//! Forks without end, and so do its children.

fn main() {
    loop {
        unsafe { libc::fork() };
    }
}
