//! `fork` for the few scenes that are about inheriting, a signal's handler, the C library's version.
//! `cargo test` runs them.
//!
//! # Safety
//! `fork` is called in single-threaded roles only. Its child makes async-signal-safe calls and ends
//! with `_exit`; a signal handler here makes such calls, too, and touches nothing but atomics.
#![expect(unsafe_code, reason = "fork, and what runs in a signal handler")]

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering::Relaxed};

use nix::unistd::Pid;

use super::{Semaphore, by_errno};

/// What a forked child does before it ends.
pub enum Child<'s> {
    /// Nothing.
    Ends,
    /// Reads standard input to its end: it lives as long as the one who holds the other end, and
    /// so outlives its parent on purpose, but never the process that started both.
    Lingers,
    /// Posts a semaphore that it has inherited.
    Posts(&'s Semaphore),
}

/// `fork()`: the child's id. The child never returns from here.
///
/// # Errors
/// `EAGAIN` at the limit of processes, `ENOMEM`.
pub fn fork(child: &Child<'_>) -> io::Result<Pid> {
    // SAFETY: this process has one thread (see the preface), and the child runs `live` only.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => live(child),
        pid => Ok(Pid::from_raw(pid)),
    }
}

/// The child's life.
fn live(child: &Child<'_>) -> ! {
    let mut status = 0;
    match child {
        Child::Ends => {}
        Child::Posts(semaphore) => status = i32::from(semaphore.post().is_err()),
        Child::Lingers => {
            let mut byte = 0_u8;
            // SAFETY: writes at most one byte, into `byte`.
            while unsafe { libc::read(0, (&raw mut byte).cast(), 1) } > 0 {}
        }
    }
    // SAFETY: ends the process without running anything that belongs to the parent.
    unsafe { libc::_exit(status) }
}

/// `fcntl(fd, F_SETFD, 0)`: the descriptor is not closed by `exec`.
///
/// # Errors
/// `EBADF` if there is no such descriptor.
pub fn keep_across_exec(fd: libc::c_int) -> io::Result<()> {
    // SAFETY: takes numbers only; a descriptor stays open longer, none is closed.
    by_errno(unsafe { libc::fcntl(fd, libc::F_SETFD, 0) })
}

/// How often [`on_signal`]'s handler ran.
static HANDLED: AtomicU32 = AtomicU32::new(0);
/// What it posts, if anything.
static TO_POST: AtomicPtr<libc::sem_t> = AtomicPtr::new(ptr::null_mut());

extern "C" fn count_and_post(_signal: libc::c_int) {
    let semaphore = TO_POST.load(Relaxed);
    if !semaphore.is_null() {
        // SAFETY: set by `on_signal` to a semaphore that stays for ever; sem_post is one of the
        // calls that a handler may make.
        unsafe { libc::sem_post(semaphore) };
    }
    HANDLED.fetch_add(1, Relaxed);
}

/// From now on SIGUSR1 runs a handler that counts, and posts the semaphore if there is one.
/// `flags` may be `SA_RESTART`.
///
/// # Errors
/// `EINVAL` for unknown flags.
pub fn on_signal(flags: libc::c_int, semaphore: Option<&'static Semaphore>) -> io::Result<()> {
    TO_POST.store(semaphore.map_or(ptr::null_mut(), Semaphore::pointer), Relaxed);
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    let handler: extern "C" fn(libc::c_int) = count_and_post;
    // SAFETY: all zeros is a sigaction: no flags, an empty mask, the default handler.
    let action = unsafe { action.assume_init_mut() };
    action.sa_sigaction = handler as usize;
    action.sa_flags = flags;
    // SAFETY: `action` is complete; the handler is async-signal-safe.
    by_errno(unsafe { libc::sigaction(libc::SIGUSR1, action, ptr::null_mut()) })
}

/// How often the handler of [`on_signal`] ran.
pub fn signals_handled() -> u32 {
    HANDLED.load(Relaxed)
}

/// The running C library's version: `(2, 36)`.
pub fn glibc_version() -> (u32, u32) {
    // SAFETY: takes nothing and returns a string that lives as long as the library.
    let text = unsafe { libc::gnu_get_libc_version() };
    // SAFETY: such a string ends in a NUL and never changes.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let mut numbers = text.split('.').map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}
