//! Lesson 5: races, and what prevents them between processes. The modules, in reading order:
//! `cargo lesson-5` shows them all.

pub mod turnstile;

pub mod lost_update;

pub mod atomic_addition;

pub mod torn_record;

pub mod test_then_set;

pub mod exclusion;

pub mod first_comer;

pub mod semaphore_in_file;

pub mod named_semaphore;

pub mod record_locks;

pub mod ofd_locks;

pub mod flock;

pub mod closing_a_descriptor;

pub mod robust_mutex;

pub mod primitive;

pub mod add_inside;

pub mod no_lock_stops_a_store;
pub mod no_lock_stops_a_write;

pub mod fate;
pub mod holder;

pub mod crash_matrix;

pub mod deadlock;

pub mod cost;

pub mod scenes;
pub mod second;
pub mod second_process;
pub mod sys;
pub mod waiting;

pub use exclusion::{Attempt, Exclusion};
pub use primitive::Primitive;

use common::Step;

/// The story, in order.
pub const STEPS: &[Step] = &[
    Step("Two processes add one; one addition is lost", lost_update::show),
    Step("The same moment, an atomic addition: nothing to come between", atomic_addition::show),
    Step("A record of two words is torn, though each word is whole", torn_record::show),
    Step("A lock made at home, tested and then set, lets two in", test_then_set::show),
    Step(
        "A semaphore in the mapped file, made once by whoever comes first",
        semaphore_in_file::show,
    ),
    Step("A semaphore with a name", named_semaphore::show),
    Step("Record locks: one process at a time", record_locks::show),
    Step("OFD locks: one open at a time", ofd_locks::show),
    Step("flock: the whole file, shared or exclusive", flock::show),
    Step("Closing a descriptor: too much is released, or too little", closing_a_descriptor::show),
    Step("A robust mutex: the next one is told of a death", robust_mutex::show),
    Step("None of them stops a process that does not ask", no_lock_stops_a_write::show),
    Step("The crash matrix: what the next one gets when the holder …", crash_matrix::show),
    Step("Deadlock: found, and not found", deadlock::show),
    Step("What entering and leaving costs when nobody else is there", cost::show),
];
