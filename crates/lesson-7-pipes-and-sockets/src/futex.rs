//! Sleeping until a word in shared memory changes. `cargo lesson-7` shows a sleep and its wake-up.
//!
//! A futex is not an object that you create: any aligned 32-bit word in memory can be one. `wait`
//! sleeps only if the word still holds the value that the caller has seen. The kernel compares while it
//! holds the same lock under which `wake` looks for sleepers. So if another process changes the word
//! and then calls `wake`, between the caller's look and its sleep, the change is not missed.

use std::io;
use std::sync::OnceLock;
use std::time::Duration;

use nix::unistd::{SysconfVar, sysconf};

use crate::atomics::AtomicU32;
use crate::sys;

/// A killed process wakes nobody. So a sleeper wakes up by itself after this time and checks whether
/// the other process is alive. While both live, nothing waits for this time.
const TIMEOUT: Duration = Duration::from_millis(50);

/// Sleeps while `word` holds `seen`, until [`wake`]. Returns `false` if the sleep has timed out. It may
/// also return early, so check the word again.
///
/// # Errors
/// `EFAULT` if the word's file was truncated; other errors of `futex` are passed on.
pub fn wait(word: &AtomicU32, seen: u32) -> io::Result<bool> {
    match sys::futex_wait(word, seen, Some(TIMEOUT)) {
        Ok(()) => Ok(true),
        Err(refused) => match refused.raw_os_error() {
            Some(libc::EAGAIN | libc::EINTR) => Ok(true), // The word has changed; or a signal came.
            Some(libc::ETIMEDOUT) => Ok(false),
            _ => Err(refused),
        },
    }
}

/// Wakes one sleeper on `word`, in any process.
///
/// # Errors
/// As [`wait`].
pub fn wake(word: &AtomicU32) -> io::Result<()> {
    sys::futex_wake(word, 1).map(drop)
}

/// How often to look at a word before sleeping on it: for about 50 µs. In the recorded run, most round
/// trips took less, even if both processes slept. On a machine with one CPU nothing can change while we
/// look. (This counts the CPUs of the machine. A process pinned to one of them may still have the other
/// process on another CPU.)
pub fn spins() -> u32 {
    static SPINS: OnceLock<u32> = OnceLock::new();
    const SEVERAL: u32 = 8;
    *SPINS.get_or_init(|| match sysconf(SysconfVar::_NPROCESSORS_ONLN) {
        Ok(Some(2..)) => SEVERAL,
        _ => 0,
    })
}
