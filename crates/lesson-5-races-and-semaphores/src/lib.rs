//! Lesson 5: races, and the locks that prevent them between processes. The modules are in reading
//! order; `cargo lesson-5` runs the steps.

// Races: two processes pass a turnstile that counts in a mapped file.
pub mod turnstile;

pub mod lost_update;

pub mod atomic_addition;

pub mod torn_record;

pub mod test_then_set;

// Locks: what every one of them can do, and the same addition under them.
pub mod lock;

pub mod add_under_lock;

pub mod initialize_once;

pub mod semaphore_in_file;

pub mod named_semaphore;

pub mod dead_holder;

pub mod plain_mutex;

pub mod robust_mutex;

pub mod record_locks;

pub mod ofd_locks;

pub mod flock;

// What the locks do not do, and what they cost.
pub mod closing_a_descriptor;

pub mod no_lock_stops_a_process;

pub mod crash_matrix;

pub mod deadlock;

pub mod cost;

// What the steps are made of: other processes, the tests' scenarios, and the bare calls.
pub mod second_process;

pub mod scenarios;

pub mod sys;

pub use lock::{Attempt, Lock, Primitive};

use common::Step;

/// The story, in order.
pub const STEPS: &[Step] = &[
    Step("Two processes add 1; one addition is lost", lost_update::show),
    Step("Two processes add 1 atomically; no addition is lost", atomic_addition::show),
    Step("A record of two words is torn", torn_record::show),
    Step("A lock that is tested, then set, admits two processes", test_then_set::show),
    Step("A semaphore in the mapped file", semaphore_in_file::show),
    Step("A semaphore with a name", named_semaphore::show),
    Step("A killed process leaves a semaphore locked", dead_holder::show),
    Step("A robust mutex tells the next process of a death", robust_mutex::show),
    Step("Record locks: the owner is the process", record_locks::show),
    Step("OFD locks: the owner is the open file description", ofd_locks::show),
    Step("flock: the whole file, shared or exclusive", flock::show),
    Step("What closing a descriptor unlocks", closing_a_descriptor::show),
    Step("No lock stops a process that does not lock", no_lock_stops_a_process::show),
    Step("The crash matrix: what the next process gets", crash_matrix::show),
    Step("Two processes wait for each other: a deadlock", deadlock::show),
    Step("The time of one lock and unlock if nobody waits", cost::show),
];
