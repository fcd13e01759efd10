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
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::socket::{SockFlag, SockType};

use crate::atomics::AtomicU64;
use crate::channel::Transport;
use crate::endpoint::{Endpoint, Wait};
use crate::process::{pipe, socket_pair};
use crate::queue::{self, Queues};
use crate::ring::TryError;
use crate::ring_endpoints::{Receiver, Sender};
use crate::stream::Stream;
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

/// What it took to send all messages.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// The time until the second process has verified the last message.
    pub time: Duration,
    /// How many calls like `write` the sending thread has made, as the kernel counts them.
    pub writes: u64,
    /// How often the sending process has slept: its voluntary context switches.
    pub sleeps: i64,
}

/// Messages in a queue: as many as every user may have.
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

/// Sends all messages to `second`, this program in a role that calls [`receive_all`], and waits until
/// the second process has verified the last message. A ring is a new file at `place`, which is removed
/// afterwards.
///
/// # Errors
/// The system's: `EINVAL` for a queue's messages above its limit, `ENOSPC` for a ring's on a full disk.
pub fn send_all(load: Load, place: &Path, second: &mut Command) -> Result<Cost> {
    let (end, input) = sending_end(load, place)?;
    let started = second.stdin(input).stdout(Stdio::piped()).spawn();
    let mut process = started.step("start the second process")?;
    let taken = timed(load, end, place, &mut process);
    if taken.is_err() {
        let _ = process.kill(); // It may wait for messages that will not come.
    }
    let ended = process.wait().step("wait for the second process");
    if load.transport == Transport::Mapped {
        fs::remove_file(place).step_on("remove", place)?;
    }
    ended.and(taken)
}

fn timed(
    load: Load,
    end: Option<Box<dyn Endpoint>>,
    place: &Path,
    process: &mut Child,
) -> Result<Cost> {
    let stdout = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe).step("hear")?;
    let mut said = BufReader::new(stdout).lines().map_while(std::result::Result::ok);
    said.next(); // It is ready.
    let step = format!("send {} bytes ({})", load.message_bytes, load.transport.name());
    let before = (writes()?, sleeps()?);
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
            let (mut ring, start) = (Sender::attach(place)?, Instant::now());
            let words = load.message_bytes / 8;
            let write = |number, slot: &[AtomicU64]| message::store(number, &slot[..words]);
            ring.send_in_place(0..load.messages, load.message_bytes, write).step(&step)?;
            start
        }
    };
    match said.next() {
        Some(line) if line == VERIFIED => {
            let time = start.elapsed();
            Ok(Cost { time, writes: writes()? - before.0, sleeps: sleeps()? - before.1 })
        }
        _ => {
            Err(Failure::refusal(&step, place, "the second process ended before the last message"))
        }
    }
}

fn writes() -> Result<u64> {
    let text = fs::read_to_string("/proc/thread-self/io").step("read /proc/thread-self/io")?;
    let counted = text.lines().find_map(|line| line.strip_prefix("syscw: "));
    Ok(counted.and_then(|number| number.parse().ok()).unwrap_or_default())
}

fn sleeps() -> Result<i64> {
    Ok(getrusage(UsageWho::RUSAGE_SELF).step("getrusage")?.voluntary_context_switches())
}

fn sending_end(load: Load, place: &Path) -> Result<(Option<Box<dyn Endpoint>>, Stdio)> {
    let stream = |fd: OwnedFd| {
        let again = fd.try_clone().step("dup")?;
        let end: Box<dyn Endpoint> = Box::new(Stream::new(fd, again, Wait::Block).step("fcntl")?);
        Ok(Some(end))
    };
    match load.transport {
        Transport::Pipe => {
            let (theirs, ours) = pipe(OFlag::empty())?;
            Ok((stream(ours)?, theirs.into()))
        }
        Transport::Socket => {
            let (ours, theirs) = socket_pair(SockType::Stream, SockFlag::empty())?;
            Ok((stream(ours)?, theirs.into()))
        }
        Transport::Queue => {
            let to = queue::unnamed(QUEUED, load.message_bytes, Wait::Block)?;
            let duplicate = || to.as_fd().try_clone_to_owned().step("dup");
            let (theirs, from) = (duplicate()?, duplicate()?.into());
            Ok((Some(Box::new(Queues { from, to })), theirs.into()))
        }
        _ => {
            ring_file::create(place, load.message_bytes, load.slots())?;
            Ok((None, Stdio::null()))
        }
    }
}

/// The second process's part: receives and verifies all messages, and reports that it has.
///
/// # Errors
/// The system's; `EBADMSG` if a message has wrong contents.
pub fn receive_all(load: Load, place: &Path) -> Result<()> {
    let stdin = || io::stdin().as_fd().try_clone_to_owned().step("dup");
    let mut end: Box<dyn Endpoint> = match load.transport {
        Transport::Pipe | Transport::Socket => {
            Box::new(Stream::new(stdin()?, stdin()?, Wait::Block).step("fcntl")?)
        }
        Transport::Queue => Box::new(Queues { from: stdin()?.into(), to: stdin()?.into() }),
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

/// The same for a ring: verifies each message in its slot.
fn receive_from_ring(load: Load, place: &Path) -> Result<()> {
    let mut ring = Receiver::attach(place)?;
    say!("ready")?;
    let verify = |number, words: &[AtomicU64], length: usize| match words.get(..length / 8) {
        Some(words) if length == load.message_bytes => message::check(number, words),
        _ => Err(TryError::Corrupt),
    };
    ring.read_in_place(0..load.messages, verify).step("receive and verify")?;
    say!("{VERIFIED}")
}
