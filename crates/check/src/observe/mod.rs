//! Observe: what a run did, as one value.
//!
//! [`run()`] drives a program to its end and notes every call that is about a descriptor, each with
//! the file that the descriptor is of. An [`Observer`] looks at chosen moments: a call's entry and
//! exit, a process's end. [`Nobody`] does not look.

mod calls;
mod fault;
mod files;
mod observer;
mod process;
mod run;
mod sys;

pub use calls::{Call, Use};
pub use fault::Fault;
pub use files::{FileId, Opened};
pub use observer::{Nobody, Observer};
pub use process::{maps, memory};
pub use run::{Run, diagnosis_of, run};
