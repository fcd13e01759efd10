//! What the launcher process and the judge tell each other while a program starts.
//!
//! The launcher's end of the channel is closed by the `exec` that makes it the program. So the judge
//! never has to guess: a channel that is closed after [`Message::Executes`] without
//! [`Message::Failed`] means that the program runs, or that the kernel killed it while loading it.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;

use common::Failure;
use serde::{Deserialize, Serialize};

/// What the launcher tells; one line of JSON each.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Message {
    /// The `exec` that made the launcher is over. It waits for a byte, then prepares.
    Runs,
    /// The first process of the PID namespace is there, and waits for a byte.
    InNamespace,
    /// All is prepared; the next thing is `execve`.
    Executes,
    /// This step failed.
    Failed { said: String, errno: Option<i32> },
    /// From the namespace's first process: the program's `execve` was made.
    Executed,
}

impl Message {
    pub(crate) fn failed(failure: &Failure) -> Self {
        Self::Failed { said: failure.to_string(), errno: failure.errno() }
    }
}

pub(crate) fn send(channel: &mut UnixStream, message: &Message) -> io::Result<()> {
    let mut line = serde_json::to_string(message)?;
    line.push('\n');
    channel.write_all(line.as_bytes())
}

/// The next message; `None` once the channel is closed. It reads no byte too many: what follows may
/// be no message.
pub(crate) fn receive(channel: &mut UnixStream) -> io::Result<Option<Message>> {
    let mut line = Vec::new();
    loop {
        let mut byte = [0];
        match channel.read(&mut byte) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) if byte == *b"\n" => return Ok(Some(serde_json::from_slice(&line)?)),
            Ok(_) => line.extend(byte),
            // The other end ended without having read what it was sent.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Waits until the other end says "go on" by a byte.
pub(crate) fn wait_for_go(channel: &mut UnixStream) -> io::Result<()> {
    channel.read_exact(&mut [0])
}

/// Says "go on". That the other end has ended is told by what it sent before.
pub(crate) fn go(channel: &mut UnixStream) -> io::Result<()> {
    match channel.write_all(b"g") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}
