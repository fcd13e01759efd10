//! The reader's side: `cargo lesson-2 watch FILE`. Its file is open and mapped for reading only.

use std::fs::{File, OpenOptions};
use std::path::Path;

use common::{Context, Result, say};

use crate::layout::Reading;
use crate::measure::{CUT_SHORT, check_size, degrees};
use crate::thermometer::Reader;
use crate::waiting::Interrupts;
use crate::{seqlock, sys, thermometer_file};

/// A store wakes nobody up: a watcher looks again, this often. Lesson 5 has what does wake.
const LOOK_MS: u16 = 20;

/// Prints each new reading of the thermometer in `path` until Ctrl-C, or `count` of them. A reading
/// that was replaced between two looks is not seen: its number is missing.
///
/// # Errors
/// Any step of the system's; a file that is no thermometer; one cut short meanwhile.
pub fn watch(path: &Path, count: Option<u64>) -> Result<()> {
    let interrupts = Interrupts::new().step("wait for signals")?;
    let file = thermometer_file::open(OpenOptions::new().read(true), path)?;
    guard("watch", path)?;
    if !wait_until_published(&file, path, &interrupts)? {
        return Ok(());
    }
    check_size("watch", &file, path)?;
    let reader = Reader::of(&file).step_on("mmap", path)?;
    let mut seen = None;
    let (mut left, mut measured) = (count.unwrap_or(u64::MAX), true);
    loop {
        check_size("watch", &file, path)?;
        // Asked before the load: all that a writer published before it ended is loaded below.
        let still_measured = thermometer_file::has_writer(&file, path)?;
        let reading = seqlock::read(&reader, || ());
        if let Some(reading) = reading.filter(|reading| reading.number > 0)
            && seen.replace(reading) != Some(reading)
        {
            say!("Reading {}: {}", reading.number, degrees(reading))?;
            left -= 1;
        }
        if left == 0 {
            return Ok(());
        }
        if measured && !still_measured {
            say_that_nobody_measures(reading)?;
        }
        measured = still_measured;
        if interrupts.wait(LOOK_MS).step("poll")? {
            return Ok(());
        }
    }
}

/// For the moment between a check of the size and the load that it is for: the same sentence then,
/// and status 1 instead of a SIGBUS. Lesson 6 has a guard that lets the program go on.
pub(crate) fn guard(step: &str, path: &Path) -> Result<()> {
    sys::end_on_sigbus(format!("error: {step} {path:?}: {CUT_SHORT}\n")).step("sigaction")
}

/// Waits for the magic number: whether it came before the user ended the waiting.
fn wait_until_published(file: &File, path: &Path, interrupts: &Interrupts) -> Result<bool> {
    let mut said = false;
    while !thermometer_file::is_published(file, path)? {
        if !said {
            say!("Not published yet: waiting for its writer")?;
            said = true;
        }
        if interrupts.wait(LOOK_MS).step("poll")? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The kernel gave the lock back: this is known, not guessed.
fn say_that_nobody_measures(reading: Option<Reading>) -> Result<()> {
    match reading {
        Some(_) => say!("Nobody measures now"),
        None => say!("Nobody measures now, and the last reading was left half stored"),
    }
}
