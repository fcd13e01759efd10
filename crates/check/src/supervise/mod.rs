//! Supervise: starts a stranger's program where it can do no harm, follows whatever it starts, and
//! ends all of it.
//!
//! - [`Room`]: a directory of the check's own, in which the program works; FILE is in it.
//! - [`Start`]: what is to be run, and within which limits.
//! - [`Family`]: the processes of one check, all of them traced: the program, its threads, and
//!   whatever they start. [`Family::wait`] tells the next stop of any; dropped, it kills all.
//!
//! A program becomes itself in `confined`: this binary again, in a hidden role, drops all that it
//! has and executes the program.

mod clear;
pub mod confined;
mod ending;
mod execute;
mod family;
#[cfg(target_arch = "x86_64")]
mod filter;
mod launch;
mod limits;
mod meaning;
mod members;
mod namespace;
mod output;
pub mod processors;
mod room;
mod start;
mod stop;
pub mod sys;
mod watcher;

pub use ending::{Breach, Ending};
pub use family::Family;
pub use limits::Limits;
pub use output::Output;
pub use room::Room;
pub use start::{Compiler, Start, Stdout, launch_by};
pub use stop::{How, Stop};
