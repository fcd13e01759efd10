//! System calls that no crate wraps with the arguments that the claims need, one file per call.

mod fault;
mod reserved;

pub mod madvise;
pub mod mincore;
pub mod mlock;
pub mod mprotect;
pub mod mremap;
pub mod msync;

pub use fault::in_child;
pub use reserved::Reserved;
