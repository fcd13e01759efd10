//! The calls that no crate wraps: `futex`, `membarrier`, message queues; and memory that two processes
//! map. `cargo lesson-7` uses them all.
//!
//! # Safety
//! Each call here takes numbers, or the address of a word that a reference keeps alive; none of them
//! keeps an address after it has returned.
#![expect(unsafe_code, reason = "system calls that no crate of ours wraps")]

mod queue;
mod shared;

pub use queue::{Attributes, Queue, unlink};
pub use shared::Shared;

use std::time::Duration;
use std::{io, ptr};

use crate::atomics::AtomicU32;

/// `futex(word, FUTEX_WAIT, seen, timeout)`, the kind that works between processes.
///
/// # Errors
/// `EAGAIN` if the word does not hold `seen`, `ETIMEDOUT`, `EINTR`.
pub fn futex_wait(word: &AtomicU32, seen: u32, timeout: Option<Duration>) -> io::Result<()> {
    let timeout = timeout.map(|duration| libc::timespec {
        tv_sec: duration.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    });
    let timeout = timeout.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: `word` is an aligned word of this process's, and `timeout` null or a timespec; both live
    // until the call has returned.
    let result = unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, seen, timeout)
    };
    by_errno(result).map(drop)
}

/// `futex(word, FUTEX_WAKE, count)`: how many were woken.
///
/// # Errors
/// None with an aligned word.
pub fn futex_wake(word: &AtomicU32, count: u32) -> io::Result<i64> {
    // SAFETY: `word` is an aligned word of this process's; the call does not follow it.
    by_errno(unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, count) })
}

/// `futex(address, FUTEX_WAIT, …)` with whatever number as the address: for what the kernel refuses.
///
/// # Errors
/// `EINVAL` if it is no multiple of 4, `EFAULT` if nothing is there.
pub fn futex_wait_at(address: usize) -> io::Result<()> {
    let none = ptr::null::<libc::timespec>();
    // SAFETY: the kernel checks the address; with a null timeout nothing else is read.
    let result = unsafe { libc::syscall(libc::SYS_futex, address, libc::FUTEX_WAIT, 1_u32, none) };
    by_errno(result).map(drop)
}

/// `membarrier(command, 0)`.
///
/// # Errors
/// `EINVAL` for a command that the kernel does not have, `ENOSYS`.
pub fn membarrier(command: libc::c_int) -> io::Result<()> {
    // SAFETY: takes numbers only.
    by_errno(unsafe { libc::syscall(libc::SYS_membarrier, command, 0_u32, 0) }).map(drop)
}

/// -1, and the reason in `errno`.
fn by_errno(result: libc::c_long) -> io::Result<i64> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
