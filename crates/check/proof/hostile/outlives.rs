//! verdict: refused, waits
//! Leaves a daemon behind: forked twice, in a session of its own, holding the outputs open.

fn main() {
    unsafe {
        if libc::fork() == 0 {
            libc::setsid();
            if libc::fork() == 0 {
                for signal in 1..64 {
                    libc::signal(signal, libc::SIG_IGN);
                }
                loop {
                    libc::pause();
                }
            }
        }
    }
}
