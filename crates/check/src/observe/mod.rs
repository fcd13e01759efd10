//! What a run did, as one value.
//!
//! [`run()`] drives a program to its end and notes every call that is about a descriptor, each with
//! the file that the descriptor is of. An [`Observer`] looks at chosen moments: a call's entry and
//! exit, a process's end. [`NoopObserver`] does not look.

mod fault;
mod observer;
mod run;
mod unflushed;

pub use fault::{Fault, Past, maps, unless_ended};
pub use observer::{NoopObserver, Observer};
pub use run::{Run, diagnosis_of, killed_for, run};
pub use unflushed::Unflushed;
