//! Scenarios for the claims. Each runs in a process of its own, because a descriptor that another test's
//! child inherits would keep a pipe open. A scenario makes calls and prints lines `name result`; the tests
//! judge them.

mod limits;
pub(crate) mod litmus;
mod pipes;
mod queues;
mod rings;
mod sleepers;
mod sockets;
mod unread;
mod words;

use std::io;
use std::path::Path;

use common::{Failure, Result, say};
use nix::sys::socket::SockType;

use crate::death;
use crate::process::outcome;

/// Plays the scenario `name`, on files in the current directory.
///
/// # Errors
/// The scenario's own, or that there is none of this name.
pub fn play(name: &str) -> Result<()> {
    common::end_with_parent()?;
    match name {
        "pipes" => pipes::play(),
        "pipe-sizes" => pipes::sizes(),
        "small-pipes" => pipes::small_pipes(),
        "sigpipe" => pipes::sigpipe(),
        "sigpipe-stream" => sockets::sigpipe(SockType::Stream),
        "sigpipe-seqpacket" => sockets::sigpipe(SockType::SeqPacket),
        "two-writers" => pipes::two_writers(),
        "two-holders" => pipes::two_holders(),
        "sockets" => sockets::play(),
        "unread" => unread::play(),
        "names" => sockets::names(),
        "queues" => queues::play(),
        "queue-death" => queues::death_of_the_other(),
        "queue-refusals" => queues::refusals(),
        "words" => words::play(),
        "rings" => rings::play(),
        "bad-peer" => rings::bad_peer(),
        "forked" => rings::forked(),
        "written-back" => rings::written_back(),
        "no-wake-up" => sleepers::no_wake_up(),
        "killed-before-the-wake-up" => sleepers::killed_before_the_wake_up(),
        "stopped" => sleepers::stopped(),
        "one-cpu" => sleepers::one_cpu(),
        "litmus" => litmus::play(),
        "no-descriptors" => limits::no_descriptors(),
        "no-queue-bytes" => limits::no_queue_bytes(),
        "last-close" => limits::last_close(),
        "full-disk" => limits::full_disk(),
        "deaths" => deaths(),
        _ => Err(Failure::refusal("play", Path::new(name), "no such scenario")),
    }
}

fn deaths() -> Result<()> {
    for (name, learned) in [
        ("pipe", death::pipe_ends()?),
        ("stream", death::socket_ends(SockType::Stream)?),
        ("seqpacket", death::socket_ends(SockType::SeqPacket)?),
        ("queue", death::message_queue()?),
        ("ring", death::ring(Path::new("."))?),
    ] {
        say!("{name}-receiver {}", learned.receiver)?;
        say!("{name}-sender {}", learned.sender)?;
    }
    say!("pidfd {}", death::pidfd()?.join(", "))
}

/// Prints how a call ended: `ok` or the name of the error.
fn ended<T>(name: &str, result: impl Into<std::result::Result<T, io::Error>>) -> Result<()> {
    say!("{name} {}", outcome(&result.into()))
}
