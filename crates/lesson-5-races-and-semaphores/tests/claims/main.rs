//! The claims of lesson 5, one test each, named as the sentence in `lessons/`.
//! `just prove 5` runs them.

mod deadlock;
mod flock;
mod lock_actors;
mod ofd_locks;
mod record_lock_ends;
mod record_lock_errors;
mod record_lock_ranges;
mod record_locks;
