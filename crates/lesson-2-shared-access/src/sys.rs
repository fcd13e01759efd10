//! System calls that no crate wraps in the way that this lesson needs: anonymous memory, a forked
//! child, a last message at a SIGBUS. `cargo lesson-2` calls them.
//!
//! # Safety
//! [`Anonymous`] owns the addresses that the kernel gave it and hands out a raw pointer only.
//! [`fork`] refuses to run while the process has a second thread, so the child finds no lock that is
//! held by a thread which it does not have. The caller of [`fork_with_threads`] vouches for its child.
//! The handler of [`end_on_sigbus`] makes two
//! async-signal-safe calls, on memory that was written before it was installed, and never returns.
#![expect(unsafe_code, reason = "bare system calls")]

use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitStatus;
use std::sync::OnceLock;
use std::{fs, io, ptr};

/// Memory without a file.
pub struct Anonymous {
    start: *mut u8,
    length: usize,
}

/// What a child gets of the memory when its parent forks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inherited {
    /// The memory itself: `MAP_SHARED`.
    Shared,
    /// A copy: `MAP_PRIVATE`, like `memmap2`'s `map_anon`.
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
        // SAFETY: with a null address and no MAP_FIXED, the kernel picks unused addresses.
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

/// A forked child. Dropped without [`wait`](Self::wait), it is killed and reaped.
pub struct Forked(Option<libc::pid_t>);

/// `fork`, in a process with one thread: the child runs `child` and ends with its result as exit
/// status. It dies with its parent.
///
/// # Errors
/// `EAGAIN`, `ENOMEM`; a refusal in a process with several threads.
pub fn fork(child: impl FnOnce() -> u8) -> io::Result<Forked> {
    if fs::read_dir("/proc/self/task")?.count() != 1 {
        return Err(io::Error::other("a process with several threads does not fork here"));
    }
    // SAFETY: this is the only thread (checked above).
    unsafe { fork_with_threads(child) }
}

/// As [`fork`], also in a process with several threads.
///
/// # Errors
/// `EAGAIN`, `ENOMEM`.
///
/// # Safety
/// - If the process has several threads, `child` calls only async-signal-safe functions, and takes no
///   lock that another thread may hold.
pub unsafe fn fork_with_threads(child: impl FnOnce() -> u8) -> io::Result<Forked> {
    // SAFETY: until it ends, the child runs `child` (the caller's contract), `prctl` and `_exit`.
    let id = unsafe { libc::fork() };
    match id {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            // SAFETY: takes numbers only. If it fails, the child still ends by itself.
            unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
            // A panic must not unwind into the parent's frames: their destructors are the parent's.
            let code = catch_unwind(AssertUnwindSafe(child)).unwrap_or(101);
            // SAFETY: ends the child without running what the parent registered for its own exit.
            unsafe { libc::_exit(code.into()) }
        }
        id => Ok(Forked(Some(id))),
    }
}

/// Forks, and waits for the child: how it ended.
///
/// # Errors
/// As [`fork`].
pub fn in_child(child: impl FnOnce() -> u8) -> io::Result<ExitStatus> {
    fork(child)?.wait()
}

impl Forked {
    /// The child's process id, as `/proc` names it.
    pub fn id(&self) -> u32 {
        self.0.map_or(0, libc::pid_t::cast_unsigned)
    }

    /// Waits until the child has ended: how it ended.
    ///
    /// # Errors
    /// Those of `waitpid`.
    pub fn wait(mut self) -> io::Result<ExitStatus> {
        self.0.take().map_or(Err(io::ErrorKind::NotFound.into()), reap)
    }
}

impl Drop for Forked {
    fn drop(&mut self) {
        if let Some(id) = self.0.take() {
            // SAFETY: takes numbers only; `id` is a child that has not been reaped.
            unsafe { libc::kill(id, libc::SIGKILL) };
            let _ = reap(id); // The error has nowhere to go, and the child is killed.
        }
    }
}

fn reap(id: libc::pid_t) -> io::Result<ExitStatus> {
    let mut status = 0;
    // SAFETY: the kernel stores one int, and `status` is one.
    match unsafe { libc::waitpid(id, &raw mut status, 0) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(ExitStatus::from_raw(status)),
    }
}

static LAST_WORDS: OnceLock<String> = OnceLock::new();

/// From now on SIGBUS prints `last_words` on standard error and ends the process with status 1.
///
/// # Errors
/// Those of `sigaction`.
pub fn end_on_sigbus(last_words: String) -> io::Result<()> {
    let _ = LAST_WORDS.set(last_words); // A second call keeps the first message.
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
        // SAFETY: `words` never changes once it is set. If this call fails, nothing is left to do.
        unsafe { libc::write(libc::STDERR_FILENO, words.as_ptr().cast(), words.len()) };
    }
    // SAFETY: ends the process; the load or store that trapped never completes.
    unsafe { libc::_exit(1) }
}
