//! The job, between two processes, through the ring: a thousand messages, every byte verified. The
//! ring has room for four, so both sides must sleep and be woken. `cargo lesson-7` shows it.

use std::path::Path;
use std::process::{Command, Stdio};

use common::{Context, Result, Stage, say};

use crate::death::{hear, second};
use crate::end::End;
use crate::ring_ends::{Receiving, Sending};
use crate::{message, ring_file};

/// Messages that are sent.
pub const MESSAGES: u64 = 1000;
const BYTES: usize = 64;
const SLOTS: u32 = 4;

/// This process sends, another one receives.
///
/// # Errors
/// Of each step, the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("ring");
    ring_file::create(&path, BYTES, SLOTS)?;
    say!("   a file of {} bytes: {SLOTS} slots", path.metadata().step("stat")?.len())?;
    let mut command: Command = second("verify")?;
    let mut other = command.arg(&path).stdout(Stdio::piped()).spawn().step("start")?;
    {
        let mut sending = Sending::attach(&path)?;
        let mut text = [0; BYTES];
        for number in 0..MESSAGES {
            message::write(number, &mut text);
            sending.send(&text).step_on("send to", &path)?;
        }
        say!("   sent {MESSAGES} messages, and closed")?;
    }
    let verified = hear(&mut other)?;
    other.wait().step("wait for the second process")?;
    say!("    verified {verified}, in order and whole, then the end")
}

/// The second process's part.
///
/// # Errors
/// `EBADMSG` if a message is not what it should be; the system's.
pub fn verify(path: &Path) -> Result<()> {
    let mut receiving = Receiving::attach(path)?;
    let (mut text, mut number) = ([0; BYTES], 0);
    while let Some(length) = receiving.next(&mut text).step_on("receive from", path)? {
        message::verify(number, &text[..length]).step_on("verify", path)?;
        number += 1;
    }
    say!("{number}")
}
