//! Bare calls of libc's behind typed wrappers; each file is to be audited by itself.
//! `cargo lesson-4` uses them.

mod bare;
mod fork;
mod moves;
mod semaphore;

pub use bare::Bare;
pub use fork::{Forked, Line, fork};
pub use semaphore::Semaphore;
