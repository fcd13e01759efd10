//! Throughput: one producer, one consumer, as many messages as they can, every byte written and
//! verified. Each way sleeps when it must. `cargo bench-ipc` measures it.

use std::io::{BufRead, BufReader};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io};

use common::{Context, Failure, Result, say};
use nix::fcntl::OFlag;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::unistd::pipe2;

use crate::end::{End, Wait};
use crate::queue::{self, Queues};
use crate::ring_ends::{Receiving, Sending};
use crate::stream::Stream;
use crate::sys::Queue;
use crate::transport::Transport;
use crate::{message, ring_file};

/// What is to be sent.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Load {
    pub transport: Transport,
    pub message_bytes: usize,
    pub messages: u64,
}

/// Bytes of messages that a ring holds at least; as many of them as a pipe holds pages would be fair
/// too, and slower: who has more room is stopped less often.
const RING: usize = 1 << 20;
/// Messages in a queue: what every user may have.
const QUEUED: usize = 10;
const VERIFIED: &str = "every message verified";

/// Slots of a ring for messages of this size.
fn slots(message_bytes: usize) -> u32 {
    let slots = (RING / message_bytes.max(1)).max(4).next_power_of_two();
    u32::try_from(slots).unwrap_or(1 << 24)
}

/// Sends all messages to `second`, this program in a role that calls [`receive_all`]: the time until it
/// has verified the last one. A ring is a new file `place`, which goes afterwards.
///
/// # Errors
/// The system's: `EINVAL` for a queue's messages above its limit, `ENOSPC` for a ring's on a full disk.
pub fn send_all(load: Load, place: &Path, second: &mut Command) -> Result<Duration> {
    let (end, input) = sending_end(load, place)?;
    let started = second.stdin(input).stdout(Stdio::piped()).spawn();
    let mut process = started.step("start the second process")?;
    let taken = timed(load, end, place, &mut process);
    if taken.is_err() {
        let _ = process.kill(); // It may wait for what will not come.
    }
    let ended = process.wait().step("wait for the second process");
    if load.transport == Transport::Mapped {
        fs::remove_file(place).step_on("remove", place)?;
    }
    ended.and(taken)
}

fn timed(
    load: Load,
    end: Option<Box<dyn End>>,
    place: &Path,
    process: &mut Child,
) -> Result<Duration> {
    let stdout = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe).step("hear")?;
    let mut said = BufReader::new(stdout).lines().map_while(std::result::Result::ok);
    said.next(); // It is ready.
    let mut end = match end {
        Some(end) => end,
        None => Box::new(Sending::attach(place)?),
    };
    let step = format!("send {} bytes ({})", load.message_bytes, load.transport.name());
    let mut message = vec![0; load.message_bytes];
    let start = Instant::now();
    for number in 0..load.messages {
        message::write(number, &mut message);
        end.send(&message).step(&step)?;
    }
    match said.next() {
        Some(line) if line == VERIFIED => Ok(start.elapsed()),
        _ => Err(Failure::refusal(&step, place, "the second process ended before the last message")),
    }
}

fn sending_end(load: Load, place: &Path) -> Result<(Option<Box<dyn End>>, Stdio)> {
    let stream = |fd: OwnedFd| {
        let again = fd.try_clone().step("dup")?;
        let end: Box<dyn End> = Box::new(Stream::new(fd, again, Wait::Block).step("fcntl")?);
        Ok(Some(end))
    };
    match load.transport {
        Transport::Pipe => {
            let (theirs, ours) = pipe2(OFlag::O_CLOEXEC).step("pipe")?;
            Ok((stream(ours)?, theirs.into()))
        }
        Transport::Socket => {
            let (family, kind, flags) =
                (AddressFamily::Unix, SockType::Stream, SockFlag::SOCK_CLOEXEC);
            let (ours, theirs) = socketpair(family, kind, None, flags).step("socketpair")?;
            Ok((stream(ours)?, theirs.into()))
        }
        Transport::Queue => {
            let to = queue::without_a_name(QUEUED, load.message_bytes, Wait::Block)?;
            let [theirs, from] = [to.0.try_clone(), to.0.try_clone()].map(|fd| fd.step("dup"));
            let end = Queues { from: Queue(from?), to };
            Ok((Some(Box::new(end)), theirs?.into()))
        }
        _ => {
            ring_file::create(place, load.message_bytes, slots(load.message_bytes))?;
            Ok((None, Stdio::null()))
        }
    }
}

/// The second process's part: receives and verifies each message, and says so.
///
/// # Errors
/// The system's; `EBADMSG` if a message is not what it should be.
pub fn receive_all(load: Load, place: &Path) -> Result<()> {
    let stdin = || io::stdin().as_fd().try_clone_to_owned().step("dup");
    let mut end: Box<dyn End> = match load.transport {
        Transport::Pipe | Transport::Socket => {
            Box::new(Stream::new(stdin()?, stdin()?, Wait::Block).step("fcntl")?)
        }
        Transport::Queue => Box::new(Queues { from: Queue(stdin()?), to: Queue(stdin()?) }),
        _ => Box::new(Receiving::attach(place)?),
    };
    say!("ready")?;
    let mut message = vec![0; load.message_bytes];
    for number in 0..load.messages {
        end.receive(&mut message).step("receive")?;
        message::verify(number, &message).step("verify")?;
    }
    say!("{VERIFIED}")
}
