//! RIGHT: waits with atomic loads. Another process may store to an atomic at any moment, so the
//! compiler loads `full` again in each turn of the loop.

use std::sync::atomic::{AtomicU32, Ordering::Acquire};

/// A mailbox, as a struct of atomics.
pub struct Mailbox {
    /// Not 0 when a message is there.
    pub full: AtomicU32,
}

/// Waits until the mailbox is full, and calls `pause` in each turn.
#[inline(never)]
pub fn wait_until_full(mailbox: &Mailbox, pause: fn()) {
    while mailbox.full.load(Acquire) == 0 {
        pause();
    }
}
