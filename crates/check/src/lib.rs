//! Judges an exercise's program, in any language, by what it did: its mappings, its pages, its
//! calls, the bytes of its files; never by what it says about itself.
//!
//! It stands on three crates that know no exercise: `tracer` (the ptrace code), `sandbox`
//! (confinement and launch) and `explore` (executions of several actors under a schedule). Here:
//!
//! - [`verdict`]: passed, a finding, or why a check could not be made;
//! - [`observe`]: what a run did, as one value: its calls, its mappings, its end and its fault;
//! - [`disk`]: what a power cut would leave of a file;
//! - [`context`]: where a check works;
//! - [`fixture`], [`scenarios`], [`stress`]: two processes, in every order of their stores;
//! - [`pages`]: what a person sees of FILE's pages in a run that went wrong;
//! - [`exercises`]: what each exercise promises, one check a promise, and the diagnoses;
//! - [`language`]: what a source or a program is written in, for the compiler and the hints;
//! - [`report`]: one result model, many formats;
//! - [`judge`], [`cards`], [`hints`], [`progress`], [`proof`], [`batch`], [`watch`], [`reset`]: the
//!   commands.
//!
//! # To write an exercise
//!
//! A module `exercises/exercise_N.rs` (or a folder) has one `pub(super) const EXERCISE: Exercise`, with a
//! row of `EXERCISES` in `exercises/mod.rs`. Its checks are functions `fn(&mut CheckContext) -> Verdict`:
//!
//! ```
//! use check::context::CheckContext;
//! use check::verdict::{Verdict, failed};
//!
//! fn poke_stores(context: &mut CheckContext) -> Verdict {
//!     context.work_directory().write("FILE", b"a file")?;
//!     let run = context.run(&["poke", "FILE", "2", "F"])?; // A hang or a broken limit fails here.
//!     run.succeeds()?; // A signal, another status: common diagnoses.
//!     run.leaves_bytes_to_mappings(context.identity("FILE")?)?; // No read or write on its descriptors.
//!     let found = context.read("FILE")?;
//!     if found != b"a File" {
//!         return failed("stores-elsewhere", "a File", String::from_utf8_lossy(&found));
//!     }
//!     Ok(())
//! }
//! ```
//!
//! `failed` names a [`Diagnosis`](exercises::Diagnosis) of the exercise's table, or one of
//! [`exercises::COMMON`]. `Err(CheckError::Cannot(…))` says that this machine cannot judge it. `?` on a
//! [`common::Result`] is a fault of the judge itself.
//!
//! Each check has a work directory of its own, and the program works in it: FILE is a bare name. What must
//! look while the program runs gives [`CheckContext::observe`](context::CheckContext::observe) an
//! [`Observer`](observe::Observer), or drives a [`Sandbox`](sandbox::Sandbox) itself.
//!
//! Its answers are in `proof/exercise-N/`, in any language; the first line of each, `//! verdict: solved`
//! or `//! verdict: DIAGNOSIS`, says what must come out.

pub mod batch;
pub mod build;
pub mod cards;
pub mod command;
pub mod compile;
pub mod context;
pub mod control_groups;
mod counted;
mod counterpart;
pub mod disk;
mod early;
pub mod exercises;
mod expect;
pub mod fixture;
pub mod hints;
pub mod judge;
pub mod language;
pub mod machine;
pub mod machine_memory;
pub mod observe;
pub mod pages;
pub mod play;
mod printable;
pub mod progress;
pub mod proof;
pub mod report;
pub mod reset;
pub mod scenarios;
pub mod stress;
mod timing_lock;
pub mod verdict;
pub mod watch;
