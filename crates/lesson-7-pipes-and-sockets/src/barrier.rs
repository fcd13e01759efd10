//! An asymmetric fence: nearly free on the side that runs often, expensive on the side that runs rarely.
//! `cargo test -p lesson-7-pipes-and-sockets --test loom` removes each half and finds the lost wake-up.
//!
//! A process that wants to sleep stores a flag and then checks the count once more. The other process
//! stores the count and then checks the flag. A CPU may load a word before its own earlier store reaches
//! the other CPUs. If even one of them does so, one process can see the old count and sleep, and the other
//! process can see the old flag and not wake it: the wake-up is lost. (In this ring, that costs one timeout of
//! 50 ms. Without a timeout, the sleeper would sleep for ever.) A full fence between the store and the
//! load, *on both sides*, prevents that.
//!
//! A fence for each message would slow down every message, and sleeping is rare. So the process that is
//! about to sleep calls `membarrier`: the kernel runs a fence on every CPU that runs a registered
//! process at that moment (Linux 4.16). A registered process that isn't running passes a fence before
//! it runs again. The other side's half then only has to keep the compiler from moving the load.

use std::io;
use std::sync::atomic::{Ordering::SeqCst, compiler_fence, fence};

use crate::sys::membarrier;

/// The half of the process that stores a message: between its store and its load. It is a fence only
/// together with [`heavy`]. No language's memory model includes `membarrier`: Linux, not Rust, promises
/// that the two halves make a fence.
pub fn light() {
    compiler_fence(SeqCst);
}

/// The half of the process that is about to sleep: a fence on this CPU, and on each CPU that runs a
/// registered process.
///
/// # Errors
/// `ENOSYS` or `EPERM` where a sandbox forbids the call.
pub fn heavy() -> io::Result<()> {
    fence(SeqCst);
    membarrier(libc::MEMBARRIER_CMD_GLOBAL_EXPEDITED)
}

/// Registers this process, so that another process's [`heavy`] runs a fence here too. Call it before
/// the first [`light`].
///
/// # Errors
/// As [`heavy`].
pub fn register() -> io::Result<()> {
    membarrier(libc::MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED)
}
