//! Runs two processes of one program under a schedule, and searches the schedules for one that goes
//! wrong.
//!
//! The program is not prepared for it, and may be written in any language. From the bottom up:
//!
//! - `watched_memory`: a shared mapping of a watched file never becomes writable to the kernel, so
//!   that every store is a page fault: a stop *before* the store;
//! - `pending_store`: a store without a LOCK prefix is split in two, as processors do it: its load is
//!   done, its bytes wait. Another process comes between, then the bytes are committed;
//! - `operations`: locks, sizes, names and outputs are preemption points as stores are; [`requests`]: what such a
//!   call asks the kernel for;
//! - `blocking`: when an actor cannot go on alone; `own_time`: how much time it has had;
//! - [`execution`]: the actors, and whose turn it is until when;
//! - [`schedule`], [`replay`]: one run, by its text; [`search`]: all of them; [`trace`]: what
//!   happened; [`words`]: the words for all of it; [`table`]: the trace as a picture;
//! - [`source`]: at which line of its source an actor stands; [`pages`]: who maps what of FILE;
//!   [`timeline`]: a run with both, for a page that shows it;
//! - [`steps`]: one run, in which the user of this crate chooses at each step who moves;
//! - [`kill_points`], [`waiter`]: an actor is killed at each preemption point, or stopped at one;
//! - [`beside_untraced`]: an actor is stopped at a preemption point, and an untraced process runs beside it.
//!
//! Every execution is one that two real processes can make: nothing that is found here is impossible
//! elsewhere. What needs more than one preemption of each process is not found.
//!
//! The user of this crate launches the processes: see [`Fixture`] and [`ActorProcesses`].

mod actor;
pub mod beside_untraced;
mod blocking;
mod cannot_follow;
pub mod execution;
pub mod kill_points;
mod launch;
pub mod operations;
mod own_time;
pub mod pages;
mod pending_store;
mod redirect;
pub mod replay;
pub mod requests;
pub mod schedule;
pub mod search;
mod sigsegv;
pub mod source;
pub mod steps;
pub mod table;
pub mod timeline;
pub mod trace;
pub mod waiter;
mod watched_memory;
pub mod words;

pub use cannot_follow::CannotFollow;
pub use launch::{ActorProcesses, Fixture, UntracedProcess};
