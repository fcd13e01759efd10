//! A ring of your own, in two terminals: `cargo lesson-7 send FILE` and `cargo lesson-7 receive FILE`.
//! Kill one, and see what the other says.

use std::io::{self, BufRead};
use std::path::Path;

use common::{Context, Result, say};

use crate::end::End;
use crate::ring_ends::{Receiving, Sending};
use crate::ring_file;

/// Bytes in the longest line.
const LONGEST: usize = 1 << 10;
const SLOTS: u32 = 4;

/// Makes the ring FILE, unless it is there, and sends it each line of standard input.
///
/// # Errors
/// As [`ring_file::create`], [`Sending::attach`] and its `send`.
pub fn send(file: &Path) -> Result<()> {
    if !file.exists() {
        ring_file::create(file, LONGEST, SLOTS)?;
    }
    let mut sending = Sending::attach(file)?;
    for line in io::stdin().lock().split(b'\n') {
        sending.send(&line.step("read standard input")?).step_on("send to", file)?;
    }
    Ok(())
}

/// Prints each message of the ring FILE, until its producer closes.
///
/// # Errors
/// As [`Receiving::attach`] and its `next`.
pub fn receive(file: &Path) -> Result<()> {
    let mut receiving = Receiving::attach(file)?;
    let mut line = [0; LONGEST];
    while let Some(length) = receiving.next(&mut line).step_on("receive from", file)? {
        say!("{}", String::from_utf8_lossy(&line[..length]))?;
    }
    Ok(())
}
