//! WRONG for shared memory: plain stores. The compiler assumes that nobody else uses the memory at the
//! same time, so it drops a store that another store follows. A function that it does not know may
//! load the memory, so around a call it keeps both stores.

use std::cell::Cell;

/// Stores 1 and then 2.
#[inline(never)]
pub fn store_twice(full: &Cell<u32>) {
    full.set(1);
    full.set(2);
}

/// Stores 1, calls `pause`, and stores 2.
#[inline(never)]
pub fn store_before_and_after_a_call(full: &Cell<u32>, pause: fn()) {
    full.set(1);
    pause();
    full.set(2);
}
