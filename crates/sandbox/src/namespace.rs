//! The PID namespace of an untraced run. When its first process ends, the kernel ends all processes in it. A run is
//! untraced if tracing is refused, or if the judge looks at what the program does without a tracer.
//!
//! # Safety
//! `fork` is called in a process with one thread, so its child may go on as if nothing had been.
#![expect(unsafe_code, reason = "fork")]

use std::io::{self, Read, Write};
use std::os::fd::IntoRawFd;
use std::os::unix::net::UnixStream;

use common::{Context, Result};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, raise};
use nix::unistd::{ForkResult, Pid, fork};

use crate::protocol::{Message, send, wait_for_go};
use crate::sys;

/// Makes the namespace. In the process that is to become the program it returns; its parents wait,
/// tell the judge its status, and end.
///
/// The namespace's first process says that it is there, and goes on when the judge has taken hold of
/// it: from then on it is the one to kill. With it all end, and the one outside, which has waited for
/// that, ends as it did. Were that one killed, nobody would know when the others have gone.
pub(crate) fn enter(judge: &mut UnixStream, is_root: bool) -> Result<Place> {
    unshare_processes(is_root)?;
    fork_twice(judge).step("fork in a PID namespace")
}

/// `unshare`: the children of this process live in a PID namespace of their own. A user other than root needs a user
/// namespace for that.
pub(crate) fn unshare_processes(is_root: bool) -> Result<()> {
    if !is_root {
        unshare_user()?;
    }
    unshare(CloneFlags::CLONE_NEWPID).step("unshare CLONE_NEWPID")
}

/// `unshare`: this process is in a user namespace of its own.
pub(crate) fn unshare_user() -> Result<()> {
    unshare(CloneFlags::CLONE_NEWUSER).step("unshare CLONE_NEWUSER")
}

fn fork_twice(judge: &mut UnixStream) -> io::Result<Place> {
    set_pdeathsig(Signal::SIGKILL)?; // Whatever ends the judge ends this one. After `unshare`, which could undo it.
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

/// In a mount namespace of its own, this process finds the processes of its PID namespace in `/proc`, by the numbers that
/// they have there. In the judge's `/proc` they have other numbers: a right program that names a process by its number,
/// such as the holder of a lock, would find no process, or another one.
///
/// # Errors
/// The step that is refused. In a container that hides parts of `/proc`, the kernel refuses `mount` (EPERM) to an
/// ordinary user, who would see these parts in the new one.
pub(crate) fn show_own_processes() -> Result<()> {
    let none: Option<&str> = None;
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC | MsFlags::MS_RDONLY;
    unshare(CloneFlags::CLONE_NEWNS).step("unshare CLONE_NEWNS")?;
    mount(none, "/", none, private, none).step("mount MS_PRIVATE")?;
    mount(Some("proc"), "/proc", Some("proc"), flags, none).step("mount /proc")
}

/// Which of several processes this one is, after `fork`.
pub(crate) enum Several {
    /// The child with this number, which is to become the program.
    One(usize),
    /// The parent: these are its children.
    Parent(Vec<Pid>),
}

/// Forks this process several times, all at once.
pub(crate) fn at_once(count: usize) -> io::Result<Several> {
    let mut children = Vec::new();
    for number in 0..count {
        // SAFETY: this process has one thread.
        match unsafe { fork() }? {
            ForkResult::Parent { child } => children.push(child),
            ForkResult::Child => return Ok(Several::One(number)),
        }
    }
    Ok(Several::Parent(children))
}

/// Forks this process several times, one at a time. Each child tells the judge that it runs, and waits until the judge
/// lets it go on. The next child is forked when this one has executed the program, or has ended.
pub(crate) fn in_turn(count: usize, judge: &mut UnixStream) -> io::Result<Several> {
    let mut children = Vec::new();
    for number in 0..count {
        let (mut executed, executes) = UnixStream::pair()?;
        // SAFETY: this process has one thread.
        match unsafe { fork() }? {
            ForkResult::Parent { child } => {
                drop(executes);
                children.push(child);
                executed.read_to_end(&mut Vec::new())?; // Its `exec` closes the other end.
            }
            ForkResult::Child => {
                // The `exec` closes this descriptor, and nothing closes it before.
                let _ = executes.into_raw_fd();
                send(judge, &Message::Runs)?;
                wait_for_go(judge)?;
                return Ok(Several::One(number));
            }
        }
    }
    Ok(Several::Parent(children))
}

/// Waits for all of them. If one of them does not end well, this process ends by SIGKILL.
pub(crate) fn wait_for_all(children: Vec<Pid>) -> io::Result<()> {
    let mut has_failed = false;
    for child in children {
        has_failed |= sys::wait_for_child(child)? != 0;
    }
    if has_failed {
        raise(Signal::SIGKILL)?;
    }
    Ok(())
}

/// Which of the processes goes on.
pub(crate) enum Place {
    /// The one that is to become the program.
    Inside,
    /// One that has waited for it and has nothing more to do.
    Outside,
}
