//! The two sides of a ring, for two terminals: `cargo lesson-7 send FILE` and
//! `cargo lesson-7 receive FILE`. Kill one of them and see what the other prints.

use std::io::{self, BufRead};
use std::path::Path;

use common::{Context, Result, say};

use crate::endpoint::Endpoint;
use crate::ring_endpoints::{Receiver, Sender};
use crate::ring_file;

/// Bytes in the longest line.
const LONGEST: usize = 1 << 10;
const SLOTS: u32 = 4;

/// Sends each line of standard input through the ring in FILE, and creates FILE if it does not exist.
///
/// # Errors
/// As [`ring_file::create`], [`Sender::attach`] and its `send`.
pub fn send(file: &Path) -> Result<()> {
    if !file.exists() {
        ring_file::create(file, LONGEST, SLOTS)?;
    }
    let mut sender = Sender::attach(file)?;
    for line in io::stdin().lock().split(b'\n') {
        sender.send(&line.step("read standard input")?).step_on("send to", file)?;
    }
    Ok(())
}

/// Prints each message from the ring in FILE, until the sender closes the ring.
///
/// # Errors
/// As [`Receiver::attach`] and its `next`.
pub fn receive(file: &Path) -> Result<()> {
    let mut receiver = Receiver::attach(file)?;
    let mut line = [0; LONGEST];
    while let Some(length) = receiver.next(&mut line).step_on("receive from", file)? {
        say!("{}", String::from_utf8_lossy(&line[..length]))?;
    }
    Ok(())
}
