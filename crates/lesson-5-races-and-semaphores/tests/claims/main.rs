//! The claims of lesson 5, one test each, named as the sentence in `lessons/`.
//! `just prove 5` runs them.

mod actor;
mod deadlock;
mod flock;
mod ofd_locks;
mod record_locks;
