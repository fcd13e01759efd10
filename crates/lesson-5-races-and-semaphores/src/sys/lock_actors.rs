//! What the claims about file locks make a process do besides: fork, and handle a signal.
//! `cargo test` runs it.
//!
//! # Safety
//! The caller is a process with one thread; a forked child makes async-signal-safe calls only and
//! ends in `_exit`. So does the signal handler, which makes one such call.
#![expect(unsafe_code, reason = "fork and a signal handler")]

use std::io;

use libc::c_int;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

/// Makes `call` in a forked child; what it returned, at most 255.
///
/// # Errors
/// `fork`'s and `waitpid`'s own.
pub fn in_a_forked_child(call: impl FnOnce() -> c_int) -> io::Result<c_int> {
    let child = fork_then(call)?;
    match waitpid(child, None)? {
        WaitStatus::Exited(_, code) => Ok(code),
        other => Err(io::Error::other(format!("the child ended otherwise: {other:?}"))),
    }
}

/// Forks a child that keeps every descriptor open until it is killed.
///
/// # Errors
/// `fork`'s own.
pub fn fork_an_heir() -> io::Result<Pid> {
    fork_then(|| {
        loop {
            // SAFETY: takes nothing; async-signal-safe.
            unsafe { libc::pause() };
        }
    })
}

fn fork_then(call: impl FnOnce() -> c_int) -> io::Result<Pid> {
    let parent = Pid::this();
    // SAFETY: the process has one thread, so the child's memory is whole; it goes on in this
    // function only, makes async-signal-safe calls and ends in `_exit`.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            // SAFETY: takes numbers only. The child dies with its parent.
            unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
            let orphan = Pid::parent() != parent; // It died before the line above.
            let code = if orphan { 1 } else { call() };
            // SAFETY: ends the child without running what belongs to the parent.
            unsafe { libc::_exit(code) }
        }
        child => Ok(Pid::from_raw(child)),
    }
}

/// From now on SIGUSR1 says `handled` on standard output. A call that it interrupts goes on if
/// `restart` (`SA_RESTART`), else it ends with `EINTR`.
///
/// # Errors
/// `sigaction`'s own.
pub fn handle_sigusr1(restart: bool) -> io::Result<()> {
    extern "C" fn say_so(_: c_int) {
        let line = b"handled\n";
        // SAFETY: `line` is alive and this long; `write` is async-signal-safe.
        unsafe { libc::write(libc::STDOUT_FILENO, line.as_ptr().cast(), line.len()) };
    }
    let flags = if restart { SaFlags::SA_RESTART } else { SaFlags::empty() };
    let action = SigAction::new(SigHandler::Handler(say_so), flags, SigSet::empty());
    // SAFETY: the handler makes one async-signal-safe call; the action that it replaces is the
    // default one, which nobody calls.
    unsafe { sigaction(Signal::SIGUSR1, &action) }?;
    Ok(())
}
