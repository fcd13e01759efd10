//! The calls that no crate wraps as this lesson needs them: anonymous memory, a child that
//! inherits it, and last words for a SIGBUS. `cargo lesson-2` runs them.
//!
//! # Safety
//! [`Anonymous`] owns the addresses that the kernel gave it and hands out a raw pointer only.
//! [`in_child`] refuses to fork while the process has a second thread, so the child finds no lock
//! held by a thread that it does not have. The handler of [`end_on_sigbus`] makes two
//! async-signal-safe calls on memory that was written before it was installed, and never returns.
#![expect(unsafe_code, reason = "bare system calls")]

use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitStatus;
use std::sync::OnceLock;
use std::{fs, io, ptr};

/// Memory of no file.
pub struct Anonymous {
    start: *mut u8,
    length: usize,
}

/// What a child that is forked while the memory lives has of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inherited {
    /// The memory itself: `MAP_SHARED`.
    Shared,
    /// A copy: `MAP_PRIVATE`, as `memmap2`'s `map_anon`.
    Private,
}

impl Anonymous {
    /// `mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | …, -1, 0)`.
    ///
    /// # Errors
    /// `EINVAL` if `length` is 0, `ENOMEM`.
    pub fn new(length: usize, inherited: Inherited) -> io::Result<Self> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = match inherited {
            Inherited::Shared => libc::MAP_ANONYMOUS | libc::MAP_SHARED,
            Inherited::Private => libc::MAP_ANONYMOUS | libc::MAP_PRIVATE,
        };
        // SAFETY: a null address without MAP_FIXED takes addresses that nothing else uses.
        let start = unsafe { libc::mmap(ptr::null_mut(), length, protection, flags, -1, 0) };
        match start {
            libc::MAP_FAILED => Err(io::Error::last_os_error()),
            _ => Ok(Self { start: start.cast(), length }),
        }
    }

    /// Where it begins.
    pub fn as_ptr(&self) -> *const u8 {
        self.start
    }

    /// Bytes in it.
    #[allow(clippy::len_without_is_empty, reason = "a mapping is never empty")]
    pub fn len(&self) -> usize {
        self.length
    }
}

impl Drop for Anonymous {
    fn drop(&mut self) {
        // SAFETY: exactly what `mmap` returned; `self` was the only way to reach it.
        unsafe { libc::munmap(self.start.cast(), self.length) };
    }
}

/// `fork`, run `child` there, `_exit` with its result, and wait: how the child ended. The child dies
/// with its parent.
///
/// # Errors
/// `EAGAIN`, `ENOMEM`; a refusal in a process with threads.
pub fn in_child(child: impl FnOnce() -> u8) -> io::Result<ExitStatus> {
    if fs::read_dir("/proc/self/task")?.count() != 1 {
        return Err(io::Error::other("a process with threads does not fork here"));
    }
    // SAFETY: there is one thread, this one (checked above), so the child's memory is whole.
    let id = unsafe { libc::fork() };
    match id {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            // SAFETY: takes numbers only. Its failure leaves a child that ends by itself anyway.
            unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
            // A panic must not unwind into the parent's frames: what they drop is the parent's.
            let code = catch_unwind(AssertUnwindSafe(child)).unwrap_or(101);
            // SAFETY: ends the child without running what the parent registered for its own end.
            unsafe { libc::_exit(code.into()) }
        }
        id => {
            let mut status = 0;
            // SAFETY: the kernel stores one int, and `status` is one.
            match unsafe { libc::waitpid(id, &raw mut status, 0) } {
                -1 => Err(io::Error::last_os_error()),
                _ => Ok(ExitStatus::from_raw(status)),
            }
        }
    }
}

static LAST_WORDS: OnceLock<String> = OnceLock::new();

/// From now on SIGBUS prints `last_words` on standard error and ends the process with status 1.
///
/// # Errors
/// None that a right call can meet.
pub fn end_on_sigbus(last_words: String) -> io::Result<()> {
    let _ = LAST_WORDS.set(last_words); // Set before: the first words stay.
    // SAFETY: all-zero bytes are a sigaction: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    let handler: extern "C" fn(libc::c_int) = say_last_words;
    action.sa_sigaction = handler as libc::sighandler_t;
    // SAFETY: the handler has the type that a sigaction without SA_SIGINFO calls.
    match unsafe { libc::sigaction(libc::SIGBUS, &raw const action, ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

extern "C" fn say_last_words(_signal: libc::c_int) {
    if let Some(words) = LAST_WORDS.get() {
        // SAFETY: `words` is never changed after it was set. Nothing is left to do if this fails.
        unsafe { libc::write(libc::STDERR_FILENO, words.as_ptr().cast(), words.len()) };
    }
    // SAFETY: ends the process; the load or store that trapped is never taken up again.
    unsafe { libc::_exit(1) }
}
