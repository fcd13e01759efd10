//! The calls that no crate wraps: POSIX semaphores, process-shared and robust mutexes, bare lock
//! calls, `fork`. `cargo lesson-5` uses them.
//!
//! # Safety
//! All of it rests on one invariant: the memory of a [`Page`] stays mapped, readable and writable,
//! while a value that points into it lives, because that value holds the page too.

pub mod file_locks;
mod mutex;
mod not_robust;
mod page;
mod process;
mod semaphore;

pub use mutex::{Acquired, Attributes, Mutex};
pub use not_robust::{Condition, ReadWriteLock, has_robust_read_write_locks};
pub use page::Page;
pub use process::{
    OnParentDeath, exit_status, fork, fork_beside_threads, handle_sigusr1, in_a_forked_child,
    keep_across_exec, live_until_end_of_input, live_until_killed,
};
pub use semaphore::{Create, Semaphore, unlink};

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[cfg(not(target_env = "gnu"))]
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_gettime};

/// The moment `later` from now on `CLOCK_REALTIME`, for the timed waits: an absolute time. Setting
/// the system's time changes this clock.
pub fn deadline(later: Duration) -> libc::timespec {
    timespec(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + later)
}

/// The moment `later` from now on `clock`.
///
/// # Errors
/// `EINVAL` for an unknown clock.
pub fn deadline_on(clock: libc::clockid_t, later: Duration) -> io::Result<libc::timespec> {
    Ok(timespec(Duration::from(clock_gettime(ClockId::from_raw(clock))?) + later))
}

/// The moment `deadline` of `clock`, as `CLOCK_REALTIME` tells it now.
///
/// # Errors
/// `EINVAL` for an unknown clock.
#[cfg(not(target_env = "gnu"))]
fn as_realtime(clock: libc::clockid_t, moment: &libc::timespec) -> io::Result<libc::timespec> {
    let now = Duration::from(clock_gettime(ClockId::from_raw(clock))?);
    let moment = Duration::from(TimeSpec::from(*moment));
    Ok(deadline(moment.saturating_sub(now)))
}

fn timespec(time: Duration) -> libc::timespec {
    let seconds = time.as_secs().try_into().unwrap_or(i64::MAX);
    libc::timespec { tv_sec: seconds, tv_nsec: time.subsec_nanos().into() }
}

/// For the semaphore calls: -1 means failure, and the reason is in `errno`.
fn by_errno(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// For the `pthread` calls: they return the reason, and do not set `errno`.
fn by_result(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(result)) }
}
