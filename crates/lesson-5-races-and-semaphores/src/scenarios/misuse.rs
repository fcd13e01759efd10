//! What a program should not do, and what a limit does to it. The tests look at what follows.
//! `cargo test` runs it.
//!
//! # Safety
//! Two things here are unsafe. One unmaps a page in which this thread's robust mutex is locked; the
//! roles that call it lock no robust mutex afterwards. The other forks beside a second thread; its
//! child makes one system call and two attempts to lock.
#![expect(unsafe_code, reason = "misuse is the subject")]

use std::cell::UnsafeCell;
use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;

use libc::c_int;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::sys::{Mutex, OnParentDeath, exit_status, fork_beside_threads};

/// Unmaps a mutex's memory while the mutex is locked.
pub(super) fn abandon(mutex: Mutex) {
    // SAFETY: the actor has no other mutex, and its page goes with this one.
    unsafe { mutex.abandon() };
}

unsafe extern "C" {
    /// C's standard output, and the calls on its lock: not in the crate `libc`.
    static stdout: *mut libc::FILE;
    fn flockfile(file: *mut libc::FILE);
    fn ftrylockfile(file: *mut libc::FILE) -> c_int;
    fn funlockfile(file: *mut libc::FILE);
}

/// A mutex with default attributes, and C's standard output, which has a lock, too.
struct Locks(UnsafeCell<libc::pthread_mutex_t>);

// SAFETY: a mutex is there to be used by several threads; nothing else touches its bytes.
unsafe impl Sync for Locks {}

static LOCKS: Locks = Locks(UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER));

impl Locks {
    fn lock(&self) {
        // SAFETY: a static mutex, initialised by the constant.
        unsafe { libc::pthread_mutex_lock(self.0.get()) };
        // SAFETY: the C library sets `stdout` before `main`, and nobody closes it here.
        let file = unsafe { stdout };
        // SAFETY: an open file.
        unsafe { flockfile(file) };
    }

    fn unlock(&self) {
        // SAFETY: as in `lock`; the thread that locked calls this.
        unsafe { libc::pthread_mutex_unlock(self.0.get()) };
        // SAFETY: as in `lock`.
        let file = unsafe { stdout };
        // SAFETY: as in `lock`; the thread that locked calls this.
        unsafe { funlockfile(file) };
    }

    /// 1 if the mutex is locked, plus 2 if the file is. What was free is locked afterwards.
    fn try_lock(&self) -> c_int {
        // SAFETY: as in `lock`.
        let mutex = unsafe { libc::pthread_mutex_trylock(self.0.get()) };
        // SAFETY: as in `lock`.
        let file = unsafe { stdout };
        // SAFETY: as in `lock`.
        let file = unsafe { ftrylockfile(file) };
        c_int::from(mutex != 0) + 2 * c_int::from(file != 0)
    }
}

/// Forks while another thread holds a mutex and the lock of C's standard output. Which of them are
/// locked at the `fork`, in the parent after the thread has unlocked, and then in the child.
pub(super) fn fork_beside_a_thread() -> io::Result<String> {
    let ((locked, is_locked), (unlock, may_unlock)) = (mpsc::channel(), mpsc::channel::<()>());
    let thread = thread::spawn(move || {
        LOCKS.lock();
        let _ = locked.send(()); // The other end lives until the thread has ended.
        let _ = may_unlock.recv(); // An error means that the other end is gone: unlock, too.
        LOCKS.unlock();
    });
    is_locked.recv().map_err(io::Error::other)?;
    let at_fork = LOCKS.try_lock();
    let (look, mut tell) = io::pipe()?;
    let child = || {
        let read = nix::unistd::read(&look, &mut [0]);
        if read == Ok(1) { LOCKS.try_lock() } else { 100 }
    };
    // SAFETY: `child` makes one `read`, which is async-signal-safe, and two attempts to lock. glibc makes
    // these by atomic instructions; they allocate nothing and wait for nothing.
    let child = unsafe { fork_beside_threads(OnParentDeath::Die, child) }?;
    drop(unlock);
    thread.join().map_err(|_| io::Error::other("the thread panicked"))?;
    let parent = LOCKS.try_lock();
    tell.write_all(b"!")?;
    let words = |locked| match locked {
        0 => "none",
        1 => "mutex",
        2 => "FILE",
        3 => "mutex and FILE",
        _ => "unknown",
    };
    let [at_fork, parent, child] = [at_fork, parent, exit_status(child)?].map(words);
    Ok(format!("at fork: {at_fork}; parent: {parent}; child: {child}"))
}

/// Sets the soft limit of `descriptors`, or of the address `space`, to `value`.
pub(super) fn limit(what: &str, value: u64) -> io::Result<()> {
    let resource = match what {
        "descriptors" => Resource::RLIMIT_NOFILE,
        _ => Resource::RLIMIT_AS,
    };
    let (_, hard) = getrlimit(resource)?;
    Ok(setrlimit(resource, value, hard)?)
}
