//! Throughput: one producer and one consumer, as many messages a second as they can, every byte
//! written and verified. Both processes sleep when they have to wait. `cargo bench-ipc` measures it.

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

use crate::atomics::AtomicU64;
use crate::end::{End, Wait};
use crate::queue::{self, Queues};
use crate::ring::NotNow;
use crate::ring_ends::{Receiving, Sending};
use crate::stream::Stream;
use crate::sys::Queue;
use crate::transport::Transport;
use crate::{message, ring_file};

/// What to send, and how.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// The kind of IPC.
    pub transport: Transport,
    /// The size of one message.
    pub message_bytes: usize,
    /// How many messages to send.
    pub messages: u64,
    /// How many messages one `write` and one `read` carry. More than one only for pipes and sockets.
    pub messages_per_call: usize,
    /// How many bytes of messages the ring holds. Other transports have their own capacity.
    pub ring_bytes: usize,
}

/// Messages in a queue: what every user may have.
const QUEUED: usize = 10;
const VERIFIED: &str = "every message verified";

impl Load {
    /// Slots of the ring for these messages.
    fn slots(&self) -> u32 {
        let slots = (self.ring_bytes / self.message_bytes.max(1)).max(4).next_power_of_two();
        u32::try_from(slots).unwrap_or(1 << 24)
    }

    /// The bytes of one call, zeroed.
    fn buffer(&self) -> Vec<u8> {
        vec![0; self.message_bytes * self.messages_per_call.max(1)]
    }

    /// Calls `work` with each message's number and its bytes in the buffer of one call.
    fn each<E>(
        &self,
        first: u64,
        buffer: &mut [u8],
        mut work: impl FnMut(u64, &mut [u8]) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let messages = buffer.chunks_exact_mut(self.message_bytes.max(1));
        (first..).zip(messages).try_for_each(|(number, message)| work(number, message))
    }

    /// The number of the first message of each call, and how many bytes the call carries.
    fn calls(&self) -> impl Iterator<Item = (u64, usize)> {
        let (messages, bytes) = (self.messages, self.message_bytes);
        let per_call = self.messages_per_call.max(1);
        (0..messages).step_by(per_call).map(move |first| {
            let left = usize::try_from(messages - first).unwrap_or(usize::MAX);
            (first, left.min(per_call) * bytes)
        })
    }
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
    let step = format!("send {} bytes ({})", load.message_bytes, load.transport.name());
    let start = match end {
        Some(mut end) => {
            let (mut buffer, start) = (load.buffer(), Instant::now());
            for (first, length) in load.calls() {
                let buffer = &mut buffer[..length];
                let write = |number, message: &mut [u8]| {
                    message::write(number, message);
                    Ok(())
                };
                load.each(first, buffer, write)?;
                end.send(buffer).step(&step)?;
            }
            start
        }
        None => {
            let (mut ring, start) = (Sending::attach(place)?, Instant::now());
            let words = load.message_bytes / 8;
            let write = |number, slot: &[AtomicU64]| message::store(number, &slot[..words]);
            ring.send_in_place(0..load.messages, load.message_bytes, write).step(&step)?;
            start
        }
    };
    match said.next() {
        Some(line) if line == VERIFIED => Ok(start.elapsed()),
        _ => {
            Err(Failure::refusal(&step, place, "the second process ended before the last message"))
        }
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
            ring_file::create(place, load.message_bytes, load.slots())?;
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
        _ => return receive_from_ring(load, place),
    };
    say!("ready")?;
    let mut buffer = load.buffer();
    for (first, length) in load.calls() {
        let buffer = &mut buffer[..length];
        end.receive(buffer).step("receive")?;
        load.each(first, buffer, |number, message| {
            message::verify(number, message).step("verify")
        })?;
    }
    say!("{VERIFIED}")
}

/// The same where the messages lie.
fn receive_from_ring(load: Load, place: &Path) -> Result<()> {
    let mut ring = Receiving::attach(place)?;
    say!("ready")?;
    let verify = |number, words: &[AtomicU64], length: usize| match words.get(..length / 8) {
        Some(words) if length == load.message_bytes => message::check(number, words),
        _ => Err(NotNow::Corrupt),
    };
    ring.read_in_place(0..load.messages, verify).step("receive and verify")?;
    say!("{VERIFIED}")
}
