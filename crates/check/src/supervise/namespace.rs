//! Where ptrace is refused: a PID namespace, whose end is the end of everybody in it.
//!
//! # Safety
//! `fork` is called in a process with one thread, so its child may go on as if nothing had been.
#![expect(unsafe_code, reason = "fork")]

use std::io::{self, Write};
use std::os::unix::net::UnixStream;

use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{ForkResult, Pid, fork, geteuid};

use super::sys;

/// Makes the namespace. In the process that is to become the program it returns; its parents wait,
/// tell the judge its status, and end.
pub(super) fn enter(judge: &mut UnixStream) -> io::Result<Place> {
    let own = if geteuid().is_root() { CloneFlags::empty() } else { CloneFlags::CLONE_NEWUSER };
    unshare(own | CloneFlags::CLONE_NEWPID)?;
    // SAFETY: this process has one thread.
    if let ForkResult::Parent { child } = unsafe { fork() }? {
        wait_for(child)?;
        return Ok(Place::Outside);
    }
    set_pdeathsig(Signal::SIGKILL)?; // The first process of the namespace: with it, all end.
    // SAFETY: this process has one thread.
    if let ForkResult::Parent { child } = unsafe { fork() }? {
        let status = wait_for(child)?;
        judge.write_all(&status.to_ne_bytes())?;
        return Ok(Place::Outside);
    }
    Ok(Place::Inside)
}

/// Which of the processes goes on.
pub(super) enum Place {
    /// The one that is to become the program.
    Inside,
    /// One that has waited for it and has nothing more to do.
    Outside,
}

fn wait_for(child: Pid) -> io::Result<i32> {
    loop {
        let change = sys::wait()?;
        if change.pid == child {
            return Ok(change.status);
        }
    }
}
