//! What an endpoint learns when the process at the other end is killed. Pipes and sockets report the
//! death, because the kernel closes the descriptors of a dead process. A queue reports nothing, and
//! neither does memory, so the ring asks for a lock. A pidfd reports the end of any process.
//! `cargo lesson-7` kills one process for each.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use common::{Context, Peer, Result, Stage, compare, say, self_command};
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{SockFlag, SockType};

use crate::endpoint::{Endpoint, Wait};
use crate::process::{kill, outcome, pipe, socket_pair};
use crate::ring_endpoints::{Receiver, Sender};
use crate::sys::{Queue, pidfd_open};
use crate::{queue, ring_file};

/// What a receiver and a sender learn.
#[derive(Debug)]
pub struct Learned {
    /// The receiver, which waits for a message.
    pub receiver: String,
    /// The sender, which sends messages.
    pub sender: String,
}

/// Shows all of them.
///
/// # Errors
/// Of each step, the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let directory = stage.scratch.path();
    say!("   {:<18}{:<19}the sender gets", "", "the receiver gets")?;
    for (name, learned) in [
        ("pipe", pipe_ends()?),
        ("stream socket", socket_ends(SockType::Stream)?),
        ("seqpacket socket", socket_ends(SockType::SeqPacket)?),
        ("message queue", message_queue()?),
        ("ring", ring(directory)?),
    ] {
        say!("   {name:<18}{:<19}{}", learned.receiver, learned.sender)?;
    }
    let [before, after] = pidfd()?;
    compare("pidfd before the kill: ", before, "not ready")?;
    compare("pidfd after the kill: ", after, "ready")
}

/// Two pipes, whose other ends a killed process had.
///
/// # Errors
/// Of each step, the system's.
pub fn pipe_ends() -> Result<Learned> {
    let (theirs, to) = pipe(OFlag::empty())?;
    let (from, theirs_too) = pipe(OFlag::empty())?;
    kill_a_holder_of(theirs.into(), theirs_too.into())?;
    Ok(streams(from, to))
}

/// A socket, whose other end a killed process had.
///
/// # Errors
/// Of each step, the system's.
pub fn socket_ends(kind: SockType) -> Result<Learned> {
    let (ours, theirs) = socket_pair(kind, SockFlag::empty())?;
    kill_a_holder_of(theirs.into(), Stdio::null())?;
    let again = ours.try_clone().step("dup")?;
    Ok(streams(again, ours))
}

fn streams(from: OwnedFd, to: OwnedFd) -> Learned {
    let receiver = match File::from(from).read(&mut [0]) {
        Ok(0) => "end of file".into(),
        other => outcome(&other),
    };
    Learned { receiver, sender: outcome(&File::from(to).write(b"?")) }
}

/// Two queues that a killed process had open.
///
/// # Errors
/// Of each step, the system's.
pub fn message_queue() -> Result<Learned> {
    const CAPACITY: usize = 3;
    const PATIENCE: Duration = Duration::from_millis(100);
    let to = queue::unnamed(CAPACITY, 1, Wait::Spin)?;
    let from = queue::unnamed(CAPACITY, 1, Wait::Block)?;
    let theirs = |queue: &Queue| queue.as_fd().try_clone_to_owned().step("dup").map(Stdio::from);
    kill_a_holder_of(theirs(&to)?, theirs(&from)?)?;
    let waited = match outcome(&from.receive(&mut [0], PATIENCE)).as_str() {
        "ETIMEDOUT" => format!("nothing in {} ms", PATIENCE.as_millis()),
        other => other.into(),
    };
    let sent = (0..).take_while(|_| to.send(b"?", 0).is_ok()).count();
    let refused = outcome(&to.send(b"?", 0));
    let sender = format!("{sent} fit, then {refused}");
    Ok(Learned { receiver: waited, sender })
}

/// Two rings that a killed process was attached to.
///
/// # Errors
/// Of each step, the system's.
pub fn ring(directory: &Path) -> Result<Learned> {
    let [one, another] = ["one ring", "another ring"].map(|name| directory.join(name));
    ring_file::create(&one, 8, 2)?;
    ring_file::create(&another, 8, 2)?;
    let (mut receiver, mut sender) = (Receiver::attach(&one)?, Sender::attach(&another)?);
    let role = ["second".as_ref(), "attach".as_ref(), one.as_os_str(), another.as_os_str()];
    let mut other = Peer::start(role)?;
    other.hear()?;
    other.kill()?;
    let receiver = outcome(&receiver.next(&mut [0; 8]));
    // The ring holds two messages. A sender checks its peer only when it has to wait.
    let refused = (0..3).map(|_| sender.send(b"?")).find(io::Result::is_err).unwrap_or(Ok(()));
    Ok(Learned { receiver, sender: format!("{} when full", outcome(&refused)) })
}

/// What `poll` reports of a process's pidfd before and after the process is killed.
///
/// # Errors
/// Of each step, the system's.
pub fn pidfd() -> Result<[&'static str; 2]> {
    let mut other = Peer::start(["second", "linger"])?;
    let pidfd = pidfd_open(other.process.id()).step("pidfd_open")?;
    let before = is_readable(&pidfd)?;
    other.kill()?;
    Ok([before, is_readable(&pidfd)?])
}

/// Whether `poll` reports the descriptor as ready to be read.
fn is_readable(fd: impl AsFd) -> Result<&'static str> {
    let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    let ready = poll(&mut fds, PollTimeout::ZERO).step("poll")?;
    Ok(if ready == 0 { "not ready" } else { "ready" })
}

/// Starts a process that inherits these descriptors and does nothing, and kills it with SIGKILL. The
/// process has ended when this returns.
fn kill_a_holder_of(input: Stdio, output: Stdio) -> Result<()> {
    // The command holds our copies of what is inherited, so it is dropped before the kill.
    let mut command = self_command()?;
    let other = command.args(["second", "linger"]).stdin(input).stdout(output).spawn();
    drop(command);
    kill(&mut other.step("start")?)
}
