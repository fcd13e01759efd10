//! The bare calls of this lesson behind typed wrappers.

pub mod actors;
pub mod locks;
