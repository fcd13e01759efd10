//! Confines and launches an untrusted program, and ends whatever it starts.
//!
//! - [`WorkDirectory`]: the only directory in which the program may write.
//! - [`Start`]: what is to be run, and how.
//! - [`Sandbox`]: one run: launches programs, keeps what they write, and enforces the limits.
//! - [`confined::become_program`]: what the launcher process does. It gives up its user, descriptors, environment and
//!   rights, and executes the program.
//! - [`zygote`]: a process that forks the launcher processes of traced programs.
//!
//! The launcher process and the zygote are the judge's own binary in hidden roles. The launcher process of a program that
//! nobody traces is executed, and so is one that a thread with a mount namespace of its own starts.

mod clear;
pub mod confined;
mod disk;
mod execute;
mod filter;
mod isolation;
mod judge_process;
mod namespace;
mod output;
mod own_binary;
mod protocol;
mod sandbox;
mod start;
mod start_error;
mod sys;
mod watcher;
mod work_directory;
pub mod zygote;

pub use clear::scratch;
pub use execute::SEARCH_PATH;
pub use isolation::{Isolation, Refusals};
pub use judge_process::{has_room_on_the_stack, prepare_judge, standard_output_was_closed};
pub use output::Output;
pub use own_binary::{launch_by, own_binary};
pub use sandbox::{InTurn, Sandbox};
pub use start::{Compiler, Start, Stdout};
pub use start_error::StartError;
pub use sys::{ask_for_landlock, landlock_version};
pub use work_directory::WorkDirectory;
