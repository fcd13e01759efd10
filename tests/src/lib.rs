//! The harness of every lesson's tests: scratch directories, programs with deadlines, and the
//! ground they stand on. A harness fails by panicking: that is how a test says so.
#![expect(clippy::expect_used, reason = "a harness fails by panicking, with the step's name")]

mod control;
mod ground;
mod program;

pub use control::undisturbed;
pub use ground::{file_system, is_root, kernel_at_least, scratch};
pub use program::{Ended, Program, Running};
