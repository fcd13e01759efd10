//! What every lesson needs and no lesson is about.
#![forbid(unsafe_code)]

mod cpus;
mod failure;
mod ground;
mod peer;
mod scratch;
mod story;

pub use clap;
pub use cpus::{allowed_cpus, pin_to};
pub use failure::{Context, Failure, Result, main, print_line};
pub use ground::{file_system, ground, page_size};
pub use peer::{Peer, again, end_with_parent};
pub use scratch::Scratch;
pub use story::{COLUMNS, PAUSE, Stage, Step, compare, sentence, tell};
