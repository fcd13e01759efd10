//! What a claim needs a process of its own for: a descriptor that another test's child inherited would
//! keep a pipe open. Each scene makes calls and prints `name answer`; the tests judge.

mod limits;
mod pipes;
mod queues;
mod rings;
mod sockets;
mod words;

use std::io;
use std::path::Path;

use common::{Failure, Result, say};

use crate::death;

/// Plays the scene `name`, on files in the current directory.
///
/// # Errors
/// The scene's own, or that there is none of this name.
pub fn play(name: &str) -> Result<()> {
    common::end_with_parent()?;
    match name {
        "pipes" => pipes::play(),
        "pipe-sizes" => pipes::sizes(),
        "sigpipe" => pipes::sigpipe(),
        "sockets" => sockets::play(),
        "names" => sockets::names(),
        "queues" => queues::play(),
        "queue-refusals" => queues::refusals(),
        "words" => words::play(),
        "rings" => rings::play(),
        "bad-neighbour" => rings::bad_neighbour(),
        "stopped" => rings::stopped(),
        "no-descriptors" => limits::no_descriptors(),
        "no-queue-bytes" => limits::no_queue_bytes(),
        "full-disk" => limits::full_disk(),
        "deaths" => deaths(),
        _ => Err(Failure::refusal("play", Path::new(name), "no such scene")),
    }
}

fn deaths() -> Result<()> {
    for (name, told) in [
        ("pipe", death::pipe()?),
        ("socket", death::socket()?),
        ("queue", death::message_queue()?),
        ("ring", death::ring(Path::new("."))?),
    ] {
        say!("{name}-receiver {}", told.receiver)?;
        say!("{name}-sender {}", told.sender)?;
    }
    Ok(())
}

/// Prints how a call ended: `ok` or the error's name.
fn ended<T>(name: &str, result: impl Into<std::result::Result<T, io::Error>>) -> Result<()> {
    say!("{name} {}", death::name(&result.into()))
}
