//! The parts of the second processes, which `cargo lesson-7` starts itself.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use common::clap::{self, Subcommand};
use common::{Context, Result, pin_to, say};

use crate::channel::{Channel, Transport};
use crate::endpoint::{Endpoint, Wait};
use crate::process::outcome;
use crate::ring_endpoints::{Receiver, Sender};
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
    Attach { sender: PathBuf, receiver: PathBuf },
    AttachAndFork { ring: PathBuf },
    SendAndLinger { ring: PathBuf, messages: usize },
    ReceiveOne { ring: PathBuf },
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
            Self::Attach { sender, receiver } => {
                let _endpoints = (Sender::attach(sender)?, Receiver::attach(receiver)?);
                say!("attached")?;
                linger()
            }
            Self::AttachAndFork { ring } => {
                let _endpoint = Receiver::attach(ring)?;
                if sys::fork().step("fork")? {
                    // The child outlives its parent, until the story closes this pipe.
                    io::stdin().read_to_end(&mut Vec::new()).step("read standard input")?;
                    nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL).step("end")?;
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
        }
    }
}

/// Does nothing until the process is killed.
fn linger() -> Result<()> {
    nix::unistd::pause();
    Err(io::Error::from(io::ErrorKind::Interrupted)).step("pause")
}
