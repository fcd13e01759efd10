//! Where tracing is refused: a PID namespace, whose end is the end of everybody in it.
//!
//! # Safety
//! `fork` is called in a process with one thread, so its child may go on as if nothing had been.
#![expect(unsafe_code, reason = "fork")]

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;

use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, raise};
use nix::unistd::{ForkResult, fork};

use crate::protocol::{Message, send, wait_for_go};
use crate::sys;

/// Makes the namespace. In the process that is to become the program it returns; its parents wait,
/// tell the judge its status, and end.
///
/// The namespace's first process says that it is there, and goes on when the judge has taken hold of
/// it: from then on it is the one to kill. With it all end, and the one outside, which has waited for
/// that, ends as it did. Were that one killed, nobody would know when the others have gone.
pub(crate) fn enter(judge: &mut UnixStream, is_root: bool) -> io::Result<Place> {
    let own = if is_root { CloneFlags::empty() } else { CloneFlags::CLONE_NEWUSER };
    unshare(own | CloneFlags::CLONE_NEWPID)?;
    // SAFETY: this process has one thread.
    if let ForkResult::Parent { child } = unsafe { fork() }? {
        if libc::WIFSIGNALED(sys::wait_for_child(child)?) {
            raise(Signal::SIGKILL)?;
        }
        return Ok(Place::Outside);
    }
    set_pdeathsig(Signal::SIGKILL)?; // Whatever ends the one outside ends them all.
    send(judge, &Message::InNamespace)?;
    wait_for_go(judge)?;
    // Only the program's process has the end that its `exec` closes; this one passes on what it says.
    let (mut told, tells) = UnixStream::pair()?;
    // SAFETY: this process has one thread.
    if let ForkResult::Parent { child } = unsafe { fork() }? {
        drop(tells);
        let mut said = Vec::new();
        told.read_to_end(&mut said)?;
        judge.write_all(&said)?;
        send(judge, &Message::Executed)?;
        let status = sys::wait_for_child(child)?;
        judge.write_all(&status.to_ne_bytes())?;
        return Ok(Place::Outside);
    }
    *judge = tells;
    Ok(Place::Inside)
}

/// Makes this process several, each of which is to become the program. The one that was there before waits
/// for them all. If one of them does not end well, it ends by SIGKILL.
pub(crate) fn copy(copies: usize) -> io::Result<Place> {
    let mut children = Vec::new();
    for _ in 0..copies {
        // SAFETY: this process has one thread.
        match unsafe { fork() }? {
            ForkResult::Parent { child } => children.push(child),
            ForkResult::Child => return Ok(Place::Inside),
        }
    }
    let mut has_failed = false;
    for child in children {
        has_failed |= sys::wait_for_child(child)? != 0;
    }
    if has_failed {
        raise(Signal::SIGKILL)?;
    }
    Ok(Place::Outside)
}

/// Which of the processes goes on.
pub(crate) enum Place {
    /// The one that is to become the program.
    Inside,
    /// One that has waited for it and has nothing more to do.
    Outside,
}
