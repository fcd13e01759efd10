//! Two messages are sent: what does one read return? And how much can a sender send before it has to
//! wait? `cargo lesson-7` shows the first for five kinds of IPC, the second for
//! three.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::time::Duration;

use common::{Context, Result, Stage, compare, say, sentence};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::socket::{SockFlag, SockType};

use crate::endpoint::{Endpoint, Wait};
use crate::process::{pipe, socket_pair};
use crate::queue;
use crate::ring_endpoints::{Receiver, Sender};
use crate::ring_file;

/// Bytes of a message in the second step.
const BYTES: usize = 64;

/// Shows what one read returns.
///
/// # Errors
/// Of each step, the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let line = |name: &str, seen: &str, expected: &str| {
        compare(&format!("{name:<18}"), format!("{seen:?}"), format!("{expected:?}"))
    };
    sentence(
        "The sender sends \"one\", then \"three\". (In the queue, \"three\" has a higher priority.) One \
         read returns:",
    )?;
    let (from, to) = pipe(OFlag::empty())?;
    line("pipe", &first_of_two(from, to).step("pipe")?, "onethree")?;
    for (name, kind, expected) in [
        ("stream socket", SockType::Stream, "onethree"),
        ("seqpacket socket", SockType::SeqPacket, "one"),
    ] {
        let (from, to) = socket_pair(kind, SockFlag::empty())?;
        line(name, &first_of_two(from, to).step(name)?, expected)?;
    }
    let messages = queue::unnamed(2, 16, Wait::Spin)?;
    messages.send(b"one", 0).step("mq_send")?;
    messages.send(b"three", 9).step("mq_send")?;
    let mut buffer = [0; 16];
    let length = messages.receive(&mut buffer, Duration::ZERO).step("mq_receive")?;
    line("message queue", &String::from_utf8_lossy(&buffer[..length]), "three")?;
    line("ring", &by_ring(stage)?, "one")
}

/// Writes both messages, then reads once.
///
/// # Errors
/// The system's.
pub fn first_of_two(from: OwnedFd, to: OwnedFd) -> io::Result<String> {
    let (mut from, mut to, mut buffer) = (File::from(from), File::from(to), [0; 16]);
    to.write_all(b"one")?;
    to.write_all(b"three")?;
    let read = from.read(&mut buffer)?;
    Ok(String::from_utf8_lossy(&buffer[..read]).into())
}

fn by_ring(stage: &Stage) -> Result<String> {
    let path = stage.scratch.path().join("boundaries");
    ring_file::create(&path, 16, 2)?;
    let (mut sender, mut receiver) = (Sender::attach(&path)?, Receiver::attach(&path)?);
    for text in ["one", "three"] {
        sender.send(text.as_bytes()).step_on("send to", &path)?;
    }
    let mut buffer = [0; 16];
    let length = receiver.next(&mut buffer).step_on("receive from", &path)?;
    Ok(String::from_utf8_lossy(&buffer[..length.unwrap_or_default()]).into())
}

/// Shows how many messages of 64 bytes fit before a sender has to wait.
///
/// # Errors
/// Of each step, the system's.
pub fn show_capacity(_: &mut Stage) -> Result<()> {
    let count = |to: OwnedFd| {
        let mut to = File::from(to);
        (0..).take_while(|_| matches!(to.write(&[7; BYTES]), Ok(BYTES))).count()
    };
    sentence("Nobody reads. How many messages of 64 bytes fit?")?;
    let (_from, to) = pipe(OFlag::O_NONBLOCK)?;
    let capacity = fcntl(&to, FcntlArg::F_GETPIPE_SZ).step("F_GETPIPE_SZ")?;
    compare("pipe              ", count(to), usize::try_from(capacity).unwrap_or(0) / BYTES)?;
    let (_from, to) = socket_pair(SockType::Stream, SockFlag::SOCK_NONBLOCK)?;
    say!("   stream socket     {}", count(to))?;
    let messages = queue::unnamed(10, BYTES, Wait::Spin)?;
    let sent = (0..).take_while(|_| messages.send(&[7; BYTES], 0).is_ok()).count();
    compare("message queue     ", sent, 10)?;
    sentence("The next write would wait (with O_NONBLOCK it fails with EAGAIN).")
}
