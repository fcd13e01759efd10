//! What every lesson needs and no lesson is about.
#![forbid(unsafe_code)]

mod cpus;
mod failure;
mod ground;
mod peer;
mod root;
mod scratch;
mod stepping;
mod story;

pub use clap;
pub use cpus::{allowed_cpus, pin_to};
pub use failure::{Context, Failure, Result, errno_name, main, outcome, print_line};
pub use ground::{file_system, ground, page_size};
pub use peer::{Peer, end_with_parent, self_command};
pub use root::{kept_in, root};
pub use scratch::Scratch;
pub use stepping::{PAUSE_MARK, in_steps, is_stepping, pause};
pub use story::{COLUMNS, Stage, Step, compare, sentence, tell};
