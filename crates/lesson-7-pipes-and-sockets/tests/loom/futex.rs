//! A model of the kernel's futex: it compares the word and enters the sleeper under the lock that a
//! waker takes. The model has no timeout. So a sleeper whose wake-up is lost sleeps for ever, and loom
//! reports a deadlock.

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

/// No spinning: each look would double the number of orders to try.
pub(crate) fn spins() -> u32 {
    0
}
