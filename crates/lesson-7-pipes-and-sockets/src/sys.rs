//! System calls without a safe wrapper: `futex`, `membarrier`, `pidfd_open`, `fork`; message queues; and
//! memory that two processes map. `cargo lesson-7` uses all but `fork`, which is for a claim.
//!
//! # Safety
//! Each call here takes numbers, or the address of a word that a reference keeps alive. None of the
//! calls keeps an address after it has returned.
#![expect(unsafe_code, reason = "system calls without a safe wrapper in nix")]

mod queue;
mod shared;

pub use queue::Queue;
pub use shared::Shared;

use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::time::Duration;
use std::{io, ptr};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

use crate::atomics::AtomicU32;

/// `futex(word, FUTEX_WAIT, seen, timeout)`, the variant that works between processes.
///
/// # Errors
/// `EAGAIN` if the word does not hold `seen`, `ETIMEDOUT`, `EINTR`.
pub fn futex_wait(word: &AtomicU32, seen: u32, timeout: Option<Duration>) -> io::Result<()> {
    let timeout = timeout.map(|duration| libc::timespec {
        tv_sec: duration.as_secs().try_into().unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    });
    let timeout = timeout.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: `word` is an aligned word of this process, and `timeout` is null or a timespec; both live
    // until the call has returned.
    let result =
        unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT, seen, timeout) };
    by_errno(result).map(drop)
}

/// `futex(word, FUTEX_WAKE, count)`: returns how many sleepers were woken.
///
/// # Errors
/// `EFAULT` if the word is in a file that was truncated.
pub fn futex_wake(word: &AtomicU32, count: u32) -> io::Result<i64> {
    // SAFETY: `word` is an aligned word of this process, and the kernel checks its page.
    by_errno(unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE, count) })
}

/// `futex(address, FUTEX_WAIT, …)` with any number as the address, to see what the kernel refuses.
///
/// # Errors
/// `EINVAL` if the address is not a multiple of 4, `EFAULT` if nothing is mapped there.
pub fn futex_wait_at(address: usize) -> io::Result<()> {
    let none = ptr::null::<libc::timespec>();
    // SAFETY: the kernel checks the address; with a null timeout nothing else is read.
    let result = unsafe { libc::syscall(libc::SYS_futex, address, libc::FUTEX_WAIT, 1_u32, none) };
    by_errno(result).map(drop)
}

/// `membarrier(command, 0)`.
///
/// # Errors
/// `EINVAL` for a command that this kernel doesn't have, `ENOSYS`.
pub fn membarrier(command: libc::c_int) -> io::Result<()> {
    // SAFETY: takes numbers only.
    by_errno(unsafe { libc::syscall(libc::SYS_membarrier, command, 0_u32, 0) }).map(drop)
}

/// `pidfd_open(pid, 0)`: a descriptor that `poll` reports as readable when the process has ended.
///
/// # Errors
/// `ESRCH` if there is no such process, `ENOSYS` before Linux 5.3, `EMFILE`.
pub fn pidfd_open(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: takes numbers only.
    let number = by_errno(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0_u32) })?;
    let number = RawFd::try_from(number).map_err(io::Error::other)?;
    // SAFETY: the call has just made this descriptor for us, and nothing else closes it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// `fork()`: whether this is the new process.
///
/// # Errors
/// `EAGAIN` at the user's limit of processes, `ENOMEM`.
///
/// # Panics
/// If this process has more than one thread: the new process would have only this one, and a lock
/// that another thread holds would stay locked in it.
pub fn fork() -> io::Result<bool> {
    let threads = std::fs::read_dir("/proc/self/task")?.count();
    assert_eq!(threads, 1, "fork in a process with several threads");
    // SAFETY: this is the process's only thread, so the new process may call anything.
    let forked = unsafe { nix::unistd::fork() };
    Ok(forked?.is_child())
}

/// `sigaction(signal, SIG_DFL)`, for a signal that Rust programs ignore.
///
/// # Errors
/// `EINVAL` for a signal that cannot have a handler.
pub fn default_action(signal: Signal) -> io::Result<()> {
    let action = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: the default action runs no code of this program.
    unsafe { sigaction(signal, &action) }.map(drop).map_err(io::Error::from)
}

/// A negative result means that the call has failed; the reason is in `errno`.
fn by_errno(result: libc::c_long) -> io::Result<i64> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
