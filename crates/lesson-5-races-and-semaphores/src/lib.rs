//! Lesson 5: races, and the locks that prevent them between processes. The modules are in reading
//! order; `cargo lesson-5` runs them all.

pub mod turnstile;

pub mod lost_update;

pub mod atomic_addition;

pub mod torn_record;

pub mod test_then_set;

pub mod lock;

pub mod initialize_once;

pub mod semaphore_in_file;

pub mod named_semaphore;

pub mod dead_holder;

pub mod robust_mutex;

pub mod record_locks;

pub mod ofd_locks;

pub mod flock;

pub mod closing_a_descriptor;

pub mod primitive;

pub mod add_under_lock;

pub mod no_lock_stops_a_store;
pub mod no_lock_stops_a_write;

pub mod holder;
pub mod holder_end;

pub mod crash_matrix;

pub mod deadlock;

pub mod cost;

pub mod lock_client;
pub mod parts;
pub mod scenarios;
pub mod sys;
pub mod waiting;

pub use lock::{Attempt, Lock};
pub use primitive::Primitive;

use common::Step;

/// The story, in order.
pub const STEPS: &[Step] = &[
    Step("Two processes add 1; one addition is lost", lost_update::show),
    Step("The same with an atomic addition", atomic_addition::show),
    Step("A record of two words is torn", torn_record::show),
    Step("A lock that is tested, then set, lets two in", test_then_set::show),
    Step("A semaphore in the mapped file", semaphore_in_file::show),
    Step("A semaphore with a name", named_semaphore::show),
    Step("A killed process leaves a semaphore locked", dead_holder::show),
    Step("A robust mutex tells the next process of a death", robust_mutex::show),
    Step("Record locks: the owner is the process", record_locks::show),
    Step("OFD locks: the owner is one open of the file", ofd_locks::show),
    Step("flock: the whole file, shared or exclusive", flock::show),
    Step("What closing a descriptor unlocks", closing_a_descriptor::show),
    Step("No lock stops a process that does not lock", no_lock_stops_a_write::show),
    Step("The crash matrix: what the next process gets", crash_matrix::show),
    Step("Deadlock", deadlock::show),
    Step("What a lock and an unlock cost, if nobody waits", cost::show),
];
