//! What a program should not do, and what a limit does to it. The tests look at what follows.
//! `cargo test` runs it.
//!
//! # Safety
//! Two things here are unsafe. One unmaps a page in which this thread's robust mutex is locked; the
//! roles that call it lock no robust mutex afterwards. The other forks beside a second thread; its
//! child uses one atomic and makes one system call.
#![expect(unsafe_code, reason = "misuse is the subject")]

use std::io::{self, Write};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::thread;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::sys::{Mutex, OnParentDeath, exit_status, fork_beside_threads};

/// Unmaps a mutex's memory while the mutex is locked.
pub(super) fn abandon(mutex: Mutex) {
    // SAFETY: the actor has no other mutex, and its page goes with this one.
    unsafe { mutex.abandon() };
}

/// Forks while another thread holds a lock (an atomic that is 1). The thread then unlocks, and the
/// child looks: `parent 0, child 1`.
pub(super) fn fork_beside_a_thread() -> io::Result<String> {
    let lock = Arc::new(AtomicU32::new(0));
    let ((locked, is_locked), (unlock, may_unlock)) = (mpsc::channel(), mpsc::channel::<()>());
    let thread = thread::spawn({
        let lock = lock.clone();
        move || {
            lock.store(1, SeqCst);
            let _ = locked.send(()); // The other end lives until the thread has ended.
            let _ = may_unlock.recv(); // An error means that the other end is gone: unlock, too.
            lock.store(0, SeqCst);
        }
    });
    is_locked.recv().map_err(io::Error::other)?;
    let (look, mut tell) = io::pipe()?;
    let child = || {
        let read = nix::unistd::read(&look, &mut [0]);
        if read == Ok(1) { lock.load(SeqCst).try_into().unwrap_or(100) } else { 100 }
    };
    // SAFETY: `child` makes one `read`, which is async-signal-safe, and one atomic load.
    let child = unsafe { fork_beside_threads(OnParentDeath::Die, child) }?;
    drop(unlock);
    thread.join().map_err(|_| io::Error::other("the thread panicked"))?;
    let parent = lock.load(SeqCst);
    tell.write_all(b"!")?;
    Ok(format!("parent {parent}, child {}", exit_status(child)?))
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
