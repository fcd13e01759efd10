//! loom's atomics, with a switch that removes one ordering, and a switch that makes loom watch the slots.
//!
//! # Safety
//! The one unsafe line shares a cell that holds no data. loom's cell only notes who accesses it.
#![expect(unsafe_code, reason = "loom's cell is not Sync")]

use std::cell::Cell;
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};

use loom::cell::UnsafeCell;

/// The counts of the ring.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Count {
    Written,
    Read,
}

/// The ordering or fence that is removed.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Weakened {
    Release(Count),
    Acquire(Count),
    Light,
    Heavy,
}

thread_local! {
    // All threads of a loom model run on the thread of their test.
    static WEAKENED: Cell<Option<Weakened>> = const { Cell::new(None) };
    static WATCHED: Cell<bool> = const { Cell::new(false) };
}

pub(crate) fn weaken(what: Option<Weakened>) {
    WEAKENED.set(what);
}

pub(crate) fn is_weakened(what: Weakened) -> bool {
    WEAKENED.get() == Some(what)
}

/// From now on, loom reports a store to a slot that does not happen before or after each load of it. (A
/// load here never returns a value that is stored later, so without this, loom would find no such store.)
pub(crate) fn watch_slots(watch: bool) {
    WATCHED.set(watch);
}

/// What `ring.rs` calls a 32-bit atomic: a count, or a flag.
pub(crate) struct AtomicU32(loom::sync::atomic::AtomicU32, Option<Count>);

/// What `ring.rs` calls a 64-bit atomic: a word of a slot.
pub(crate) struct AtomicU64(loom::sync::atomic::AtomicU64, UnsafeCell<()>);

// SAFETY: the other field is Sync, and the cell holds no data.
unsafe impl Sync for AtomicU64 {}

impl AtomicU32 {
    pub(crate) fn new(value: u32, count: Option<Count>) -> Self {
        Self(loom::sync::atomic::AtomicU32::new(value), count)
    }

    pub(crate) fn load(&self, wanted: Ordering) -> u32 {
        self.0.load(self.ordering(wanted))
    }

    pub(crate) fn store(&self, value: u32, wanted: Ordering) {
        self.0.store(value, self.ordering(wanted));
    }

    fn ordering(&self, wanted: Ordering) -> Ordering {
        let weakened = |what: fn(Count) -> Weakened| self.1.map(what).is_some_and(is_weakened);
        match wanted {
            Release if weakened(Weakened::Release) => Relaxed,
            Acquire if weakened(Weakened::Acquire) => Relaxed,
            wanted => wanted,
        }
    }
}

impl AtomicU64 {
    pub(crate) fn new(value: u64) -> Self {
        Self(loom::sync::atomic::AtomicU64::new(value), UnsafeCell::new(()))
    }

    pub(crate) fn load(&self, wanted: Ordering) -> u64 {
        if WATCHED.get() {
            self.1.with(|_| ());
        }
        self.0.load(wanted)
    }

    pub(crate) fn store(&self, value: u64, wanted: Ordering) {
        if WATCHED.get() {
            self.1.with_mut(|_| ());
        }
        self.0.store(value, wanted);
    }
}
