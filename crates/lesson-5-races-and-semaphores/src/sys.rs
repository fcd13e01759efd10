//! The bare calls of this lesson behind typed wrappers.

pub mod locks;
