//! Lesson 5: races, and what prevents them between processes.

pub mod exclusion;

pub mod record_locks;

pub mod ofd_locks;

pub mod flock;

pub mod closing_a_descriptor;
pub mod deadlock;
pub mod no_lock_stops_a_write;

pub mod scenes;
pub mod second_process;
pub mod sys;
pub mod waiting;

pub use exclusion::{Attempt, Exclusion};

use common::Step;

/// The story, in order.
pub const STEPS: &[Step] = &[
    Step("Record locks: one process at a time", record_locks::show),
    Step("OFD locks: one open at a time", ofd_locks::show),
    Step("flock: the whole file, shared or exclusive", flock::show),
    Step("Closing a descriptor: too much is released, or too little", closing_a_descriptor::show),
    Step("No file lock stops a store, a write or a read", no_lock_stops_a_write::show),
    Step("Deadlock: found, and not found", deadlock::show),
];
