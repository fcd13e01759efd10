//! loom's atomics, with a switch that removes one ordering.

use std::cell::Cell;
use std::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};

/// The ordering or fence that is removed.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Weakened {
    Release,
    Acquire,
    Light,
    Heavy,
}

thread_local! {
    // All threads of a loom model run on the thread of their test.
    static WEAKENED: Cell<Option<Weakened>> = const { Cell::new(None) };
}

pub(crate) fn weaken(what: Option<Weakened>) {
    WEAKENED.set(what);
}

pub(crate) fn is_weakened(what: Weakened) -> bool {
    WEAKENED.get() == Some(what)
}

/// What `ring.rs` calls an atomic.
pub(crate) struct Atomic<T>(T);

pub(crate) type AtomicU32 = Atomic<loom::sync::atomic::AtomicU32>;
pub(crate) type AtomicU64 = Atomic<loom::sync::atomic::AtomicU64>;

fn ordering(wanted: Ordering) -> Ordering {
    match wanted {
        Release if is_weakened(Weakened::Release) => Relaxed,
        Acquire if is_weakened(Weakened::Acquire) => Relaxed,
        wanted => wanted,
    }
}

impl Atomic<loom::sync::atomic::AtomicU32> {
    pub(crate) fn new(value: u32) -> Self {
        Self(loom::sync::atomic::AtomicU32::new(value))
    }

    pub(crate) fn load(&self, wanted: Ordering) -> u32 {
        self.0.load(ordering(wanted))
    }

    pub(crate) fn store(&self, value: u32, wanted: Ordering) {
        self.0.store(value, ordering(wanted));
    }
}

impl Atomic<loom::sync::atomic::AtomicU64> {
    pub(crate) fn new(value: u64) -> Self {
        Self(loom::sync::atomic::AtomicU64::new(value))
    }

    pub(crate) fn load(&self, wanted: Ordering) -> u64 {
        self.0.load(ordering(wanted))
    }

    pub(crate) fn store(&self, value: u64, wanted: Ordering) {
        self.0.store(value, ordering(wanted));
    }
}
