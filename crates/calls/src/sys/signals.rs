//! Counts signals.
//!
//! # Safety
//! The handler adds 1 to an atomic number, and does nothing else.
#![expect(unsafe_code, reason = "a signal handler")]

use std::io;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use libc::c_int;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

static HANDLED: AtomicU32 = AtomicU32::new(0);

extern "C" fn count(_: c_int) {
    HANDLED.fetch_add(1, Relaxed);
}

/// Handles SIGUSR1 from now on, without `SA_RESTART`.
///
/// # Errors
/// None on Linux.
pub fn count_sigusr1() -> io::Result<()> {
    let action = SigAction::new(SigHandler::Handler(count), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler is safe at any moment: see the preface.
    unsafe { sigaction(Signal::SIGUSR1, &action) }?;
    Ok(())
}

/// How often SIGUSR1 has been handled.
pub fn handled() -> u32 {
    HANDLED.load(Relaxed)
}
