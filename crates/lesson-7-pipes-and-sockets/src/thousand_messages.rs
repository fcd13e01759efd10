//! A thousand messages of different lengths from one process to another through a ring, every byte
//! verified. The ring has only four slots, so each process often waits for the other. `cargo lesson-7`
//! shows it.

use std::io;
use std::path::Path;

use common::{Context, Peer, Result, Stage, compare, say};

use crate::endpoint::Endpoint;
use crate::ring_endpoints::{Receiver, Sender};
use crate::{message, ring_file};

/// How many messages are sent.
pub const MESSAGES: u64 = 1000;
/// Bytes of the longest message.
const BYTES: usize = 64;
const SLOTS: u32 = 4;

/// This process sends, a second process receives.
///
/// # Errors
/// Of each step, the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("thousand");
    ring_file::create(&path, BYTES, SLOTS)?;
    let mut second = Peer::start(["second".as_ref(), "verify".as_ref(), path.as_os_str()])?;
    {
        let mut sender = Sender::attach(&path)?;
        let mut text = [0; BYTES];
        for number in 0..MESSAGES {
            let text = &mut text[..length_of(number)];
            message::write(number, text);
            sender.send(text).step_on("send to", &path)?;
        }
        say!("   sent {MESSAGES} messages through {SLOTS} slots, and closed")?;
    }
    compare(" received, in order and whole: ", second.hear()?, MESSAGES)?;
    second.wait().map(drop)
}

/// Bytes of message `number`.
fn length_of(number: u64) -> usize {
    usize::try_from(number).unwrap_or_default() % (BYTES + 1)
}

/// The second process's part.
///
/// # Errors
/// `EBADMSG` if a message has another length or other contents than the one that was sent; the system's.
pub fn verify(path: &Path) -> Result<()> {
    let mut receiver = Receiver::attach(path)?;
    let (mut text, mut number) = ([0; BYTES], 0);
    while let Some(length) = receiver.next(&mut text).step_on("receive from", path)? {
        if length != length_of(number) {
            return Err(io::Error::from_raw_os_error(libc::EBADMSG)).step_on("verify", path);
        }
        message::verify(number, &text[..length]).step_on("verify", path)?;
        number += 1;
    }
    say!("{number}")
}
