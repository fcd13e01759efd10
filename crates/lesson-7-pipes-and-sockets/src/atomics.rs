//! The atomics that the ring is made of. `tests/loom` compiles the same ring with loom's in their
//! place, and tries every order in which its two sides can run.

pub use std::sync::atomic::{AtomicU32, AtomicU64};
