//! verdict: hang, waits
//! Ignores every signal that can be ignored, and waits for ever.

fn main() {
    for signal in 1..64 {
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
    loop {
        unsafe { libc::pause() };
    }
}
