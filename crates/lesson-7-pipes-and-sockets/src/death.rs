//! What an end is told when the process at the other end is killed. Pipes and sockets tell at once,
//! because the kernel closes a dead process's descriptors; a queue tells nothing, ever; memory tells
//! nothing either, so the ring asks. `cargo lesson-7` kills four.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{Context, Result, Stage, say};
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::unistd::pipe2;

use crate::end::{End, Wait};
use crate::ring_ends::{Receiving, Sending};
use crate::{queue, ring_file};

/// What a receiver and what a sender are told.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Told {
    pub receiver: String,
    pub sender: String,
}

/// Shows all four.
///
/// # Errors
/// Of each step, the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let directory = stage.scratch.path();
    say!("   {:<8}{:<42}the sender is told", "", "the receiver is told")?;
    for (name, told) in [
        ("pipe", pipe()?),
        ("socket", socket()?),
        ("queue", message_queue()?),
        ("ring", ring(directory)?),
    ] {
        say!("   {name:<8}{:<42}{}", told.receiver, told.sender)?;
    }
    Ok(())
}

/// Two pipes, whose other ends a killed process had.
///
/// # Errors
/// Of each step, the system's.
pub fn pipe() -> Result<Told> {
    let flags = nix::fcntl::OFlag::O_CLOEXEC;
    let (theirs, to) = pipe2(flags).step("pipe")?;
    let (from, theirs_too) = pipe2(flags).step("pipe")?;
    kill_one_who_has(Stdio::from(theirs), Stdio::from(theirs_too))?;
    Ok(streams(from, to))
}

/// A socket, whose other end a killed process had.
///
/// # Errors
/// Of each step, the system's.
pub fn socket() -> Result<Told> {
    let (family, kind) = (AddressFamily::Unix, SockType::Stream);
    let pair = socketpair(family, kind, None, SockFlag::SOCK_CLOEXEC).step("socketpair")?;
    let (ours, theirs) = pair;
    kill_one_who_has(Stdio::from(theirs), Stdio::null())?;
    let again = ours.try_clone().step("dup")?;
    Ok(streams(again, ours))
}

fn streams(from: OwnedFd, to: OwnedFd) -> Told {
    let receiver = match File::from(from).read(&mut [0]) {
        Ok(0) => "the end: read returns 0".into(),
        other => name(&other),
    };
    Told { receiver, sender: name(&File::from(to).write(b"?")) }
}

/// Two queues that a killed process had open.
///
/// # Errors
/// Of each step, the system's.
pub fn message_queue() -> Result<Told> {
    const ROOM: usize = 3;
    let to = queue::without_a_name(ROOM, 1, Wait::Spin)?;
    let from = queue::without_a_name(ROOM, 1, Wait::Block)?;
    let theirs = |fd: &OwnedFd| fd.try_clone().step("dup").map(Stdio::from);
    kill_one_who_has(theirs(&to.0)?, theirs(&from.0)?)?;
    let waited = name(&from.receive(&mut [0], Duration::from_millis(100)));
    let receiver = format!("nothing: it waits (here {waited})");
    let sent = (0..).take_while(|_| to.send(b"?", 0).is_ok()).count();
    let refused = name(&to.send(b"?", 0));
    let sender = format!("nothing: it sends {sent} messages, then would wait ({refused})");
    Ok(Told { receiver, sender })
}

/// Two rings that a killed process was attached to.
///
/// # Errors
/// Of each step, the system's.
pub fn ring(directory: &Path) -> Result<Told> {
    let [one, another] = ["one ring", "another ring"].map(|name| directory.join(name));
    ring_file::create(&one, 8, 2)?;
    ring_file::create(&another, 8, 2)?;
    let (mut receiving, mut sending) = (Receiving::attach(&one)?, Sending::attach(&another)?);
    let mut command = second("attach")?;
    let mut other = command.args([&one, &another]).stdout(Stdio::piped()).spawn().step("start")?;
    hear(&mut other)?;
    end(&mut other)?;
    let receiver = format!("{}, within 50 ms", name(&receiving.next(&mut [0; 8])));
    // There is room for two; only who has to wait asks after the other one.
    let refused = (0..3).map(|_| sending.send(b"?")).find(io::Result::is_err).unwrap_or(Ok(()));
    Ok(Told { receiver, sender: format!("{}, when the ring is full", name(&refused)) })
}

/// Starts a process that inherits these and does nothing; kills it with SIGKILL, and has waited for
/// its end when it returns.
fn kill_one_who_has(input: Stdio, output: Stdio) -> Result<()> {
    // Spawned with the command itself, which holds our copies of what is inherited until it is dropped.
    let mut other = second("linger")?.stdin(input).stdout(output).spawn().step("start")?;
    end(&mut other)
}

/// This program in a role of `second`.
///
/// # Errors
/// If the program cannot be found.
pub fn second(role: &str) -> Result<Command> {
    let mut command = common::again()?;
    command.args(["second", role]);
    Ok(command)
}

/// Hears one line from a process; the empty one if it has ended.
///
/// # Errors
/// The system's.
pub fn hear(process: &mut Child) -> Result<String> {
    let output = process.stdout.as_mut().ok_or(io::ErrorKind::BrokenPipe).step("hear")?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).step("hear")?;
    Ok(line.trim_end().into())
}

/// Kills a process and waits for its end.
///
/// # Errors
/// The system's.
pub fn end(process: &mut Child) -> Result<()> {
    process.kill().step("kill the second process")?;
    process.wait().step("wait for the second process").map(drop)
}

/// `ok`, or the error's name.
pub fn name<T>(result: &io::Result<T>) -> String {
    match result {
        Ok(_) => "ok".into(),
        Err(error) => match error.raw_os_error() {
            Some(number) => format!("{:?}", Errno::from_raw(number)),
            None => format!("{:?}", error.kind()),
        },
    }
}
