//! The atomics of the ring. `tests/loom` compiles the same ring with loom's atomics instead, and runs it
//! in every order of its two sides, up to a limit of interruptions.

pub use std::sync::atomic::{AtomicU32, AtomicU64};
