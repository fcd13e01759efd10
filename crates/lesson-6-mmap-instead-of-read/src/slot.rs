//! The table in which the handler of SIGBUS looks up what is guarded. It is a fixed array of atomics,
//! because a signal handler may not take a lock or allocate memory. `guard.rs` fills it.
//!
//! A slot belongs to one thread. A handler on another thread reads only which thread that is. A
//! handler on the slot's own thread interrupts a load, and then nothing in the slot is changing. So
//! no ordering here has a partner on another thread: SeqCst only says "do not reorder".

use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::SeqCst};

use common::page_size;

use crate::sys;

/// How many guards a process can have at a time.
pub const MOST: usize = 64;

/// One guarded range.
pub(crate) struct Slot {
    thread: AtomicI32, // 0 if free. Set last and cleared first.
    start: AtomicUsize,
    end: AtomicUsize,
    page_size: AtomicUsize, // Stored here, because the handler should not ask the C library.
    missing: AtomicUsize,   // The first address that could not be loaded, or 0.
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

    /// Takes a free slot for this thread, and for the pages of `length` bytes from `start` on. `None`
    /// if no slot is free. The caller holds the lock, so no other thread takes a slot meanwhile.
    pub(crate) fn take(start: usize, length: usize) -> Option<&'static Self> {
        let slot = SLOTS.iter().find(|slot| slot.thread.load(SeqCst) == 0)?;
        slot.start.store(start, SeqCst);
        slot.end.store(start + length.next_multiple_of(page_size()), SeqCst);
        slot.page_size.store(page_size(), SeqCst);
        slot.missing.store(0, SeqCst);
        slot.thread.store(sys::thread(), SeqCst);
        Some(slot)
    }

    /// Frees the slot.
    pub(crate) fn free(&self) {
        self.thread.store(0, SeqCst);
    }

    /// The slot of this thread that contains `address`. Called in the handler.
    pub(crate) fn holding(address: usize) -> Option<&'static Self> {
        let thread = sys::thread();
        SLOTS.iter().find(|slot| {
            slot.thread.load(SeqCst) == thread
                && (slot.start.load(SeqCst)..slot.end.load(SeqCst)).contains(&address)
        })
    }

    /// Records that `address` could not be loaded. Returns the start of its page and the page's
    /// length. Called in the handler.
    pub(crate) fn record(&self, address: usize) -> (usize, usize) {
        // Only the first address is kept: if the exchange fails, there is one already.
        let _ = self.missing.compare_exchange(0, address, SeqCst, SeqCst);
        let page_size = self.page_size.load(SeqCst);
        (address - address % page_size, page_size)
    }

    /// The first address that could not be loaded.
    pub(crate) fn missing(&self) -> Option<usize> {
        Some(self.missing.load(SeqCst)).filter(|address| *address != 0)
    }
}
