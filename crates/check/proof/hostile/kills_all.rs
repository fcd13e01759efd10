//! verdict: refused
//! Kills whomever it may, its parent first.

fn main() {
    unsafe {
        libc::kill(libc::getppid(), libc::SIGKILL);
        libc::kill(-1, libc::SIGKILL);
        libc::kill(0, libc::SIGKILL);
    }
}
