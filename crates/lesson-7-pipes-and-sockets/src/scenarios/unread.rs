//! Scenarios with a socket whose other end is killed with unread bytes in it, for the claims.

use std::fs::File;
use std::io::{self, Read, Write};
use std::process::{Child, Stdio};
use std::thread;

use common::{Context, Result, say, self_command};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::Signal;
use nix::sys::socket::{SockFlag, SockType};

use super::ended;
use crate::process::{kill, outcome, socket_pair, until_asleep_in};

/// Bytes of a message. Many of them fill a socket.
const BYTES: usize = 1 << 10;

/// A socket, and the process that has its other end and reads nothing. If `last_words` is not empty,
/// it has been sent from there.
fn with_a_process(kind: SockType, last_words: &[u8]) -> Result<(File, Child)> {
    let (ours, theirs) = socket_pair(kind, SockFlag::empty())?;
    if !last_words.is_empty() {
        nix::unistd::write(&theirs, last_words).step("write")?;
    }
    let mut command = self_command()?;
    command.args(["second", "linger"]).stdin(Stdio::from(theirs)).stdout(Stdio::null());
    Ok((ours.into(), command.spawn().step("start")?))
}

/// Reads, writes, and writes that wait, with each kind of socket.
pub(super) fn play() -> Result<()> {
    let kinds = [("stream", SockType::Stream), ("seqpacket", SockType::SeqPacket)];
    for (name, kind) in kinds {
        let mut ours = left_with_unread(kind, b"")?;
        let reads = [(); 2].map(|()| read(&mut ours));
        say!("{name}-reads {}", reads.join(" "))?;
        let mut ours = left_with_unread(kind, b"last")?;
        let reads = [(); 3].map(|()| read(&mut ours));
        say!("{name}-last-words {}", reads.join(" "))?;
        let mut ours = left_with_unread(kind, b"")?;
        let writes = [(); 2].map(|()| outcome(&ours.write(b"?")));
        say!("{name}-writes {} then {}", writes.join(" "), read(&mut ours))?;
        let mut ours = left_with_unread(kind, b"last")?;
        let write = outcome(&ours.write(b"?"));
        let reads = [(); 3].map(|()| read(&mut ours));
        say!("{name}-write-and-last-words {write} then {}", reads.join(" "))?;
    }
    // From here on, SIGPIPE would kill this process.
    crate::sys::default_action(Signal::SIGPIPE).step("sigaction")?;
    for (name, kind) in kinds {
        let (mut ours, other) = with_a_process(kind, b"")?;
        fill(&ours)?;
        let waited = write_until_killed(&ours, other, BYTES)?;
        say!("{name}-waits {} then {}", outcome(&waited), read(&mut ours))?;
    }
    let (mut ours, other) = with_a_process(SockType::Stream, b"")?;
    let long = 64 << 20;
    let written = write_until_killed(&ours, other, long)?.step("write")?;
    say!("a-part {} then {}", written > 0 && written < long, read(&mut ours))?;
    ended("survived", Ok::<_, io::Error>(()))
}

/// A socket whose other end was killed and left a byte unread.
fn left_with_unread(kind: SockType, last_words: &[u8]) -> Result<File> {
    let (mut ours, mut other) = with_a_process(kind, last_words)?;
    ours.write_all(b"!").step("write")?;
    kill(&mut other)?;
    Ok(ours)
}

/// Writes until the next write would wait.
fn fill(socket: &File) -> Result<()> {
    let set = |flags| fcntl(socket, FcntlArg::F_SETFL(flags)).step("fcntl");
    set(OFlag::O_NONBLOCK)?;
    let mut to = socket;
    while to.write(&[0; BYTES]).is_ok() {}
    set(OFlag::empty()).map(drop)
}

/// Writes `length` bytes in a thread. Kills the other process when this thread sleeps.
fn write_until_killed(
    mut socket: &File,
    mut other: Child,
    length: usize,
) -> Result<io::Result<usize>> {
    thread::scope(|threads| {
        let writing = threads.spawn(move || socket.write(&vec![0; length]));
        until_asleep_in(std::process::id(), libc::SYS_write, 1)?;
        kill(&mut other)?;
        let lost = |_| io::Error::from(io::ErrorKind::Other);
        writing.join().map_err(lost).step("join")
    })
}

/// How a read ends: the number of bytes, or the error.
fn read(socket: &mut File) -> String {
    let read = socket.read(&mut [0; 16]);
    read.as_ref().map_or_else(|_| outcome(&read), usize::to_string)
}
