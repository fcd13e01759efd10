//! The judge's own process: what it inherits from whoever started it must not decide a verdict.
//!
//! # Safety
//! Dispositions of signals are set to "default" and "ignore" only, before any other thread exists. The
//! function in `.init_array` runs before `main`; it makes one system call and stores one atomic flag,
//! neither of which needs anything that the runtime has still to set up.
#![expect(unsafe_code, reason = "signal, and a look at the descriptors before the runtime's own")]

use std::sync::atomic::{AtomicBool, Ordering};

use common::{Context, Result};
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::sys::stat::{Mode, umask};
use rlimit::{INFINITY, Resource};

/// What the judge needs at least, of each resource; what it has beyond that stays.
const NEEDS: [(Resource, u64); 6] = [
    (Resource::FSIZE, INFINITY),
    (Resource::CPU, INFINITY),
    (Resource::AS, INFINITY),
    (Resource::DATA, INFINITY),
    (Resource::NOFILE, 1024),
    (Resource::STACK, 8 << 20),
];

/// Sets the judge's limits, its umask, two signals and which signals are blocked (none), whatever it has inherited.
///
/// # Errors
/// Those of `getrlimit`, `sigaction` and `sigprocmask`. A limit that may not be raised stays: what fails for it later
/// says so.
pub fn prepare_judge() -> Result<()> {
    for (resource, needed) in NEEDS {
        let (soft, hard) = resource.get().step("getrlimit")?;
        if soft >= needed {
            continue;
        }
        if resource.set(needed, hard.max(needed)).is_err() {
            let _ = resource.set(hard.min(needed), hard); // The best that is allowed.
        }
    }
    umask(Mode::S_IWGRP | Mode::S_IWOTH);
    // SAFETY: nobody's handler is replaced, and no other thread exists. A file that grows too large is
    // an error with words then (EFBIG), not the judge's death.
    unsafe { signal(Signal::SIGXFSZ, SigHandler::SigIgn) }.step("ignore SIGXFSZ")?;
    // SAFETY: as above. If children's ends are ignored, nobody can wait for them.
    unsafe { signal(Signal::SIGCHLD, SigHandler::SigDfl) }.step("sigaction of SIGCHLD")?;
    unblock_signals()
}

/// A blocked SIGALRM would end no wait, and what a process blocks, the processes that it starts block, too.
fn unblock_signals() -> Result<()> {
    SigSet::empty().thread_set_mask().step("sigprocmask")
}

/// The program's signals are the default ones and none is blocked, whatever the judge ignores or blocks.
pub(crate) fn reset_signals() -> Result<()> {
    for number in Signal::iterator() {
        if !matches!(number, Signal::SIGKILL | Signal::SIGSTOP) {
            // SAFETY: the launcher has one thread and no handlers.
            unsafe { signal(number, SigHandler::SigDfl) }.step("sigaction")?;
        }
    }
    unblock_signals()
}

/// Whether the stack may grow to what the judge needs.
#[must_use]
pub fn has_room_on_the_stack() -> bool {
    Resource::STACK.get_soft().is_ok_and(|bytes| bytes >= 1 << 20)
}

static OUTPUT_WAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Whether standard output was closed when this process began. The runtime opens `/dev/null` in its
/// place before `main`, so that a verdict would be lost without an error.
#[must_use]
pub fn standard_output_was_closed() -> bool {
    OUTPUT_WAS_CLOSED.load(Ordering::Relaxed)
}

extern "C" fn look_at_standard_output() {
    // SAFETY: takes numbers only.
    let flags = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) };
    OUTPUT_WAS_CLOSED.store(flags == -1, Ordering::Relaxed);
}

// The section holds pointers to functions of this type, which are called one after another, once and before
// `main`. This one needs nothing that is set up later.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = look_at_standard_output;
