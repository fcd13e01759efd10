//! What a program should not do, and what a limit does to it. The tests look at what follows.
//! `cargo test` runs it.
//!
//! # Safety
//! The only unsafe code lets go of a page in which this thread's robust mutex is locked. The roles
//! that call it lock no robust mutex afterwards.
#![expect(unsafe_code, reason = "misuse is the subject")]

use std::io;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::sys::Mutex;

/// Lets go of a mutex, and of its memory, while it is locked.
pub(super) fn abandon(mutex: Mutex) {
    // SAFETY: the actor has no other mutex, and its page goes with this one.
    unsafe { mutex.abandon() };
}

/// Sets the soft limit of `descriptors`, or of the address `space`, to `value`.
pub(super) fn limit(what: &str, value: u64) -> io::Result<()> {
    let resource = match what {
        "descriptors" => Resource::RLIMIT_NOFILE,
        _ => Resource::RLIMIT_AS,
    };
    let (_, hard) = getrlimit(resource)?;
    Ok(setrlimit(resource, value, hard)?)
}
