//! What every lesson needs and no lesson is about.
#![forbid(unsafe_code)]

mod failure;
mod ground;
mod peer;
mod scratch;
mod story;

pub use clap;
pub use failure::{Context, Failure, Result, main, print_line};
pub use ground::{file_system, ground, page_size};
pub use peer::{Peer, again, end_with_parent};
pub use scratch::Scratch;
pub use story::{COLUMNS, PAUSE, Stage, Step, compare, sentence, tell};
