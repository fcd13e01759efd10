//! The parts of the second processes, which `cargo lesson-7` starts itself.

use std::io::{self, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::clap::{self, Subcommand};
use common::{Context, Result, pin_to, say};
use nix::mqueue::MQ_OFlag;
use nix::sys::stat::Mode;

use crate::channel::{Channel, Transport};
use crate::endpoint::{Endpoint, Wait};
use crate::process::outcome;
use crate::ring_endpoints::{Receiver, Sender};
use crate::ring_file::{RingFile, Role};
use crate::scenarios::litmus;
use crate::sys::Queue;
use crate::{
    batching, ring_moments, round_trip, sleep_and_wake, sys, thousand_messages, throughput,
};

/// What a second process is to do.
#[derive(Subcommand)]
#[expect(missing_docs, reason = "each leads to the function that says what it does")]
pub enum Part {
    Answer { transport: Transport, wait: Wait, place: PathBuf, cpu: Option<usize> },
    Receive { transport: Transport, messages_per_call: usize, place: PathBuf, cpu: Option<usize> },
    Verify { ring: PathBuf },
    Print { ring: PathBuf },
    WaitForCount { place: PathBuf },
    Linger,
    Connect { socket: PathBuf },
    Listen { socket: PathBuf },
    OpenQueue { name: String },
    Attach { sender: PathBuf, receiver: PathBuf },
    AttachAndFork { role: Role, ring: PathBuf },
    SendAndLinger { ring: PathBuf, messages: usize },
    ReceiveOne { ring: PathBuf },
    SendToQueue { name: String },
    Litmus { place: PathBuf, rounds: u32, cpu: usize },
}

impl Part {
    /// Plays the part. Ends at the latest when the process ends that has started this one.
    ///
    /// # Errors
    /// The part's own.
    pub fn play(&self) -> Result<()> {
        common::end_with_parent()?;
        match self {
            Self::Answer { transport, wait, place, cpu } => {
                cpu.map_or(Ok(()), |cpu| pin_to(&[cpu]))?;
                round_trip::answer(Channel { transport: *transport, wait: *wait }, place)
            }
            Self::Receive { transport, messages_per_call, place, cpu } => {
                cpu.map_or(Ok(()), |cpu| pin_to(&[cpu]))?;
                throughput::receive_all(batching::load(*transport, *messages_per_call), place)
            }
            Self::Verify { ring } => thousand_messages::verify(ring),
            Self::Print { ring } => ring_moments::print(ring),
            Self::WaitForCount { place } => sleep_and_wake::wait_for_count(place),
            Self::Linger => linger(),
            Self::Connect { socket } => {
                let mut stream = UnixStream::connect(socket).step_on("connect to", socket)?;
                stream.write_all(b"hello").step_on("write to", socket)
            }
            Self::Listen { socket } => listen(socket),
            Self::OpenQueue { name } => open_queue(name),
            Self::Attach { sender, receiver } => {
                let _endpoints = (Sender::attach(sender)?, Receiver::attach(receiver)?);
                say!("attached")?;
                linger()
            }
            Self::AttachAndFork { role, ring } => {
                let _ring = RingFile::attach(ring, *role)?;
                if sys::fork().step("fork")? {
                    return after_its_parent();
                }
                say!("attached")?;
                linger()
            }
            Self::SendAndLinger { ring, messages } => {
                let mut sender = Sender::attach(ring)?;
                (0..*messages).try_for_each(|_| sender.send(b"message")).step("send")?;
                say!("sent")?;
                linger()
            }
            Self::ReceiveOne { ring } => {
                let mut receiver = Receiver::attach(ring)?;
                say!("attached")?;
                let received = receiver.next(&mut [0; 64]);
                say!("received {}", outcome(&received))
            }
            Self::Litmus { place, rounds, cpu } => litmus::light(place, *rounds, *cpu),
            Self::SendToQueue { name } => {
                let queue = Queue::open(name, MQ_OFlag::O_WRONLY, Mode::empty(), None);
                queue.and_then(|queue| queue.send(b"kept", 0)).step("send to the queue")
            }
        }
    }
}

/// Listens at a new name, and lingers.
fn listen(socket: &Path) -> Result<()> {
    let _listening = UnixListener::bind(socket).step_on("bind", socket)?;
    say!("listening")?;
    linger()
}

/// Opens the queue of this name, and lingers.
fn open_queue(name: &str) -> Result<()> {
    let queue = Queue::open(name, MQ_OFlag::O_RDWR, Mode::empty(), None);
    let _queue = queue.step("open the queue")?;
    say!("open")?;
    linger()
}

/// The part of a forked child, which outlives its parent: ends at the end of its input, or runs `cat`
/// after a line of input.
fn after_its_parent() -> Result<()> {
    let mut line = String::new();
    io::stdin().read_line(&mut line).step("read standard input")?;
    if line.is_empty() {
        nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL).step("end")?;
    }
    Err(Command::new("cat").exec()).step("run cat")
}

/// Does nothing until the process is killed.
fn linger() -> Result<()> {
    nix::unistd::pause();
    Err(io::Error::from(io::ErrorKind::Interrupted)).step("pause")
}
