//! `fork`, a signal handler, and the C library's version. `cargo test` and the crash matrix use them.
//!
//! # Safety
//! [`fork`] checks that the process has one thread: then the child's memory is a complete copy, and
//! the child may run any code. With more threads, locks that other threads hold stay locked in the
//! child, so [`fork_beside_threads`] allows async-signal-safe calls and atomics only. Both children
//! end with `_exit`. The signal handler makes async-signal-safe calls and touches only atomics.
#![expect(unsafe_code, reason = "fork, and what runs in a signal handler")]

use std::io;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use libc::c_int;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use super::{Semaphore, by_errno};

/// What a forked child does when its parent dies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum OnParentDeath {
    /// It is killed, too.
    Die,
    /// It lives on.
    LiveOn,
}

/// Forks a child that calls `child` and then ends with its result as the exit status.
///
/// # Errors
/// Those of `fork`; a process that has more than one thread.
pub fn fork(on_parent_death: OnParentDeath, child: impl FnOnce() -> c_int) -> io::Result<Pid> {
    if std::fs::read_dir("/proc/self/task")?.count() != 1 {
        return Err(io::Error::other("this process has more than one thread"));
    }
    // SAFETY: one thread, so no lock is held by a thread that the child lacks.
    unsafe { fork_beside_threads(on_parent_death, child) }
}

/// [`fork`] in a process that may have more threads. The child has only the calling thread.
///
/// # Errors
/// `EAGAIN` at the limit of processes, `ENOMEM`.
///
/// # Safety
/// - If the process has more than one thread, `child` makes only async-signal-safe calls
///   (signal-safety(7)) and uses atomics: no allocation, no lock, no printing.
pub unsafe fn fork_beside_threads(
    on_parent_death: OnParentDeath,
    child: impl FnOnce() -> c_int,
) -> io::Result<Pid> {
    let parent = Pid::this();
    // SAFETY: the child goes on in this function only, and runs what the contract allows.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            let mut orphan = false;
            if on_parent_death == OnParentDeath::Die {
                // SAFETY: takes numbers only; async-signal-safe.
                unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
                orphan = Pid::parent() != parent; // The parent died before the line above.
            }
            let status = if orphan { 1 } else { child() };
            // SAFETY: ends the child without running what belongs to the parent.
            unsafe { libc::_exit(status) }
        }
        child => Ok(Pid::from_raw(child)),
    }
}

/// Calls `child` in a forked child; returns what it returned, at most 255.
///
/// # Errors
/// Those of [`fork`] and `waitpid`.
pub fn in_a_forked_child(child: impl FnOnce() -> c_int) -> io::Result<c_int> {
    exit_status(fork(OnParentDeath::Die, child)?)
}

/// Waits until `child` has ended; returns its exit status.
///
/// # Errors
/// Those of `waitpid`; a child that was killed.
pub fn exit_status(child: Pid) -> io::Result<c_int> {
    match waitpid(child, None)? {
        WaitStatus::Exited(_, status) => Ok(status),
        other => Err(io::Error::other(format!("the child did not exit: {other:?}"))),
    }
}

/// For a forked child: lives, with every descriptor open, until standard input ends.
pub fn live_until_end_of_input() -> c_int {
    let mut byte = 0_u8;
    // SAFETY: writes at most one byte, into `byte`; async-signal-safe.
    while unsafe { libc::read(0, (&raw mut byte).cast(), 1) } > 0 {}
    0
}

/// For a forked child: lives, with every descriptor open, until it is killed.
pub fn live_until_killed() -> c_int {
    loop {
        // SAFETY: takes nothing; async-signal-safe.
        unsafe { libc::pause() };
    }
}

/// `fcntl(fd, F_SETFD, 0)`: `exec` does not close the descriptor.
///
/// # Errors
/// `EBADF` if there is no such descriptor.
pub fn keep_across_exec(fd: c_int) -> io::Result<()> {
    // SAFETY: takes numbers only; a descriptor stays open longer, none is closed.
    by_errno(unsafe { libc::fcntl(fd, libc::F_SETFD, 0) })
}

/// What the handler of [`handle_sigusr1`] posts, if anything.
static TO_POST: AtomicPtr<libc::sem_t> = AtomicPtr::new(ptr::null_mut());

extern "C" fn say_handled_and_post(_signal: c_int) {
    let line = b"handled\n";
    // SAFETY: `line` is alive and this long; `write` is async-signal-safe.
    unsafe { libc::write(libc::STDOUT_FILENO, line.as_ptr().cast(), line.len()) };
    let semaphore = TO_POST.load(Relaxed);
    if !semaphore.is_null() {
        // SAFETY: `handle_sigusr1` stored a semaphore that stays mapped; async-signal-safe.
        unsafe { libc::sem_post(semaphore) };
    }
}

/// From now on, SIGUSR1 prints `handled`, and posts the semaphore if one is given. If `restart`
/// (`SA_RESTART`), an interrupted call goes on, else it fails with `EINTR`.
///
/// # Errors
/// Those of `sigaction`.
pub fn handle_sigusr1(restart: bool, post: Option<&'static Semaphore>) -> io::Result<()> {
    TO_POST.store(post.map_or(ptr::null_mut(), Semaphore::pointer), Relaxed);
    let flags = if restart { SaFlags::SA_RESTART } else { SaFlags::empty() };
    let action = SigAction::new(SigHandler::Handler(say_handled_and_post), flags, SigSet::empty());
    // SAFETY: the handler makes only async-signal-safe calls; the action that it replaces is the
    // default one.
    unsafe { sigaction(Signal::SIGUSR1, &action) }?;
    Ok(())
}
