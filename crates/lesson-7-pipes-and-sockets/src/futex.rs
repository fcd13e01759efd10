//! Sleeping until a word in shared memory changes. `cargo lesson-7` measures what a wake-up costs.
//!
//! A futex is no object: it is any 32-bit word. `wait` sleeps only if the word still holds what the
//! caller saw, and the kernel compares under the same lock under which `wake` looks for sleepers; so a
//! change *and wake* between the look and the sleep is never missed.

use std::io;
use std::sync::OnceLock;
use std::thread::available_parallelism;
use std::time::Duration;

use crate::atomics::AtomicU32;
use crate::sys;

/// A killed process wakes nobody. So a sleeper wakes by itself this often, to ask after the other one;
/// nobody waits for this time while both live.
const PATIENCE: Duration = Duration::from_millis(50);

/// Sleeps while `word` holds `seen`, until [`wake`]. `false` if nothing happened for a while. It may
/// also return early; so look at the word again.
///
/// # Errors
/// None that a caller can provoke with a word of its own; whatever `futex` says is handed on.
pub fn wait(word: &AtomicU32, seen: u32) -> io::Result<bool> {
    match sys::futex_wait(word, seen, Some(PATIENCE)) {
        Ok(()) => Ok(true),
        Err(refused) => match refused.raw_os_error() {
            Some(libc::EAGAIN | libc::EINTR) => Ok(true), // It has changed; or a signal came.
            Some(libc::ETIMEDOUT) => Ok(false),
            _ => Err(refused),
        },
    }
}

/// Wakes one who sleeps on `word`, in whatever process.
///
/// # Errors
/// As [`wait`].
pub fn wake(word: &AtomicU32) -> io::Result<()> {
    sys::futex_wake(word, 1).map(drop)
}

/// How often to look at a word before sleeping on it: a few microseconds' worth, less than a sleep
/// costs. With one CPU nothing can change while we look.
pub fn spins() -> u32 {
    static SPINS: OnceLock<u32> = OnceLock::new();
    const SEVERAL: u32 = 1000;
    *SPINS.get_or_init(|| match available_parallelism() {
        Ok(cpus) if cpus.get() > 1 => SEVERAL,
        _ => 0,
    })
}
