//! What a run did, as one value.
//!
//! [`run()`] drives a program to its end and notes every call that is about a descriptor, each with
//! the file that the descriptor is of. An [`Observer`] looks at chosen moments: a call's entry and
//! exit, a process's end. [`NoopObserver`] does not look.

mod after_the_end;
mod fault;
mod in_vain;
mod observer;
mod run;
mod unflushed;

pub use after_the_end::AfterTheEnd;
pub use fault::{Fault, Past, maps, unless_ended};
pub use observer::{NoopObserver, Observer};
pub use run::{Run, diagnosis_of, is_anonymous, killed_for, run, run_with_fifos};
pub use unflushed::Unflushed;
