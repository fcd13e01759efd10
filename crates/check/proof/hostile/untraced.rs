//! verdict: refused
//! Tries to make a child that nobody follows.

fn main() {
    let untraced = (libc::CLONE_UNTRACED | libc::SIGCHLD) as libc::c_long;
    unsafe {
        if libc::syscall(libc::SYS_clone, untraced, 0, 0, 0, 0) == 0 {
            libc::setsid();
            loop {
                libc::pause();
            }
        }
    }
}
