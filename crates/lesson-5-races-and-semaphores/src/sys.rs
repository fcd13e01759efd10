//! The calls that no crate wraps: POSIX semaphores, process-shared and robust mutexes, `fork`.
//! `cargo lesson-5` uses them all.
//!
//! # Safety
//! Everything here rests on one invariant: the memory of a [`Page`] stays mapped, readable and
//! writable, while a value that points into it lives, because that value holds the page too.

mod attributes;
pub mod lock_actors;
pub mod locks;
mod mutex;
mod page;
mod process;
mod semaphore;
mod semaphore_names;

pub use attributes::Attributes;
pub use mutex::{Locked, Mutex};
pub use page::Page;
pub use process::{Child, fork, glibc_version, keep_across_exec, on_signal, signals_handled};
pub use semaphore::Semaphore;
pub use semaphore_names::{Create, unlink};

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The moment `later` from now, as the timed waits want it: absolute, on the clock that a
/// change of the system's time also changes (`CLOCK_REALTIME`).
pub fn deadline(later: Duration) -> libc::timespec {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + later;
    let seconds = now.as_secs().try_into().unwrap_or(libc::time_t::MAX);
    libc::timespec { tv_sec: seconds, tv_nsec: now.subsec_nanos().into() }
}

/// The semaphore calls' way: -1, and the reason in `errno`.
fn by_errno(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The `pthread` calls' way: the reason itself, and `errno` untouched.
fn by_result(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(result)) }
}
