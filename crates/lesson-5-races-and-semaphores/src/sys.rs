//! The bare calls of this lesson behind typed wrappers.

pub mod lock_actors;
pub mod locks;
