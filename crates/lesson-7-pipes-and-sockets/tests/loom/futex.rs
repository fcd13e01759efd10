//! A futex as the kernel makes it: the word is compared, and the sleeper entered, under the lock that
//! a waker takes. Here nobody wakes by himself: who is not woken sleeps for ever, and loom says so.

use std::io;
use std::sync::atomic::Ordering::Relaxed;

use loom::sync::{Condvar, Mutex};

use crate::atomics::AtomicU32;

loom::lazy_static! {
    static ref QUEUE: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());
}

pub(crate) fn wait(word: &AtomicU32, seen: u32) -> io::Result<bool> {
    let locked = QUEUE.0.lock().unwrap();
    if word.load(Relaxed) == seen {
        drop(QUEUE.1.wait(locked).unwrap());
    }
    Ok(true)
}

pub(crate) fn wake(_: &AtomicU32) -> io::Result<()> {
    drop(QUEUE.0.lock().unwrap());
    QUEUE.1.notify_all();
    Ok(())
}

/// No look that is not needed: each doubles the orders to try.
pub(crate) fn spins() -> u32 {
    0
}
