//! Where the handler of SIGBUS looks up what is guarded: a fixed table of atomics, since a handler
//! may take no lock and allocate nothing. `guard.rs` fills it.
//!
//! A slot belongs to one thread, and a handler on another thread reads no more of it than whose it
//! is. On its own thread the handler interrupts a load, and then nothing here is changing. The
//! orderings therefore have no partner on another thread; SeqCst says "no reordering" and no more.

use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::SeqCst};

use common::page_size;

use crate::sys;

/// Guards that a process can have at a time.
pub const MOST: usize = 64;

/// One guarded range.
pub(crate) struct Slot {
    thread: AtomicI32, // 0: free. Set last and cleared first.
    start: AtomicUsize,
    end: AtomicUsize,
    page_size: AtomicUsize, // Noted here: nothing is asked of the C library in a handler.
    missing: AtomicUsize,   // The first address that was not there; 0: none.
}

static SLOTS: [Slot; MOST] = [const { Slot::unused() }; MOST];

impl Slot {
    const fn unused() -> Self {
        Self {
            thread: AtomicI32::new(0),
            start: AtomicUsize::new(0),
            end: AtomicUsize::new(0),
            page_size: AtomicUsize::new(0),
            missing: AtomicUsize::new(0),
        }
    }

    /// A slot for this thread and the pages of `length` bytes from `start` on; `None` if all are
    /// taken. The caller holds the lock that makes it the only one who takes slots.
    pub(crate) fn take(start: usize, length: usize) -> Option<&'static Self> {
        let slot = SLOTS.iter().find(|slot| slot.thread.load(SeqCst) == 0)?;
        slot.start.store(start, SeqCst);
        slot.end.store(start + length.next_multiple_of(page_size()), SeqCst);
        slot.page_size.store(page_size(), SeqCst);
        slot.missing.store(0, SeqCst);
        slot.thread.store(sys::thread(), SeqCst);
        Some(slot)
    }

    /// Gives the slot back.
    pub(crate) fn free(&self) {
        self.thread.store(0, SeqCst);
    }

    /// This thread's slot that `address` is in. Called in the handler.
    pub(crate) fn holding(address: usize) -> Option<&'static Self> {
        let thread = sys::thread();
        SLOTS.iter().find(|slot| {
            slot.thread.load(SeqCst) == thread
                && (slot.start.load(SeqCst)..slot.end.load(SeqCst)).contains(&address)
        })
    }

    /// Notes that `address` was not there, and says where its page begins and how long it is.
    /// Called in the handler.
    pub(crate) fn note(&self, address: usize) -> (usize, usize) {
        // Only the first is noted: an exchange that fails has one there already.
        let _ = self.missing.compare_exchange(0, address, SeqCst, SeqCst);
        let page_size = self.page_size.load(SeqCst);
        (address - address % page_size, page_size)
    }

    /// The first address that was not there.
    pub(crate) fn missing(&self) -> Option<usize> {
        Some(self.missing.load(SeqCst)).filter(|address| *address != 0)
    }
}
