//! What the claims about single system calls need: the calls themselves, behind typed wrappers, and
//! the scenarios that a claim runs in a process of its own. `cargo test -p calls` proves the claims.

pub mod own_memory;
pub mod scenarios;
pub mod sys;
