//! A fence that costs one side next to nothing, because the other side pays for both.
//! `cargo test -p lesson-7-pipes-and-sockets --test loom` runs without it and finds the hang.
//!
//! Before a process sleeps it announces that, then looks once more whether there is something to do.
//! The other one does something, then looks whether anybody sleeps. Each stores, then loads: unless a
//! full fence stands between the two *on both sides*, both may load the old value, and the sleeper is
//! never woken. A fence for each message would halve the ring's speed, and sleeping is rare. So who is
//! about to sleep asks the kernel to run a fence on every CPU where a registered process runs
//! (`membarrier`, Linux 4.16), and the other side's fence need only stop the compiler.

use std::io;
use std::sync::atomic::{Ordering::SeqCst, compiler_fence, fence};

use crate::sys::membarrier;

/// The fence of the side that does not sleep: between its store and its load. It is a fence only
/// because the other side's is [`heavy`]. No language's memory model knows `membarrier`: that the two
/// together are a fence is Linux's promise, not Rust's.
pub fn light() {
    compiler_fence(SeqCst);
}

/// The fence of the side that is about to sleep: on this CPU and, by the kernel, on all others.
///
/// # Errors
/// `ENOSYS` or `EPERM` where a sandbox forbids the call.
pub fn heavy() -> io::Result<()> {
    fence(SeqCst);
    membarrier(libc::MEMBARRIER_CMD_GLOBAL_EXPEDITED)
}

/// Asks for the other side's fences to be run in this process too: before the first [`light`].
///
/// # Errors
/// As [`heavy`].
pub fn register() -> io::Result<()> {
    membarrier(libc::MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED)
}
