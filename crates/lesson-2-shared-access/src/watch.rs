//! The side that prints readings: `cargo lesson-2 watch FILE`. It opens and maps the file read-only.

use std::fs::{File, OpenOptions};
use std::path::Path;

use common::{Context, Result, say};

use crate::layout::Reading;
use crate::thermometer::Reader;
use crate::waiting::Interrupts;
use crate::{seqlock, thermometer_file};

/// A store wakes no process, so a watcher looks again after this time. Lesson 5 shows how to wake one.
const LOOK_MS: u16 = 20;

/// Prints new readings of the thermometer in `path`, until Ctrl-C or `count` of them. If two
/// readings are published between two looks, the first of them is not printed.
///
/// # Errors
/// A system call that fails, a file that is not a thermometer, or a file that is cut short.
pub fn watch(path: &Path, count: Option<u64>) -> Result<()> {
    let interrupts = Interrupts::new().step("wait for signals")?;
    let file = thermometer_file::open(OpenOptions::new().read(true), path)?;
    thermometer_file::end_cleanly_if_cut_short("watch", path)?;
    if !wait_until_published(&file, path, &interrupts)? {
        return Ok(());
    }
    thermometer_file::check_size("watch", &file, path)?;
    let reader = Reader::of(&file).step_on("mmap", path)?;
    let mut seen = None;
    let (mut left, mut measured) = (count.unwrap_or(u64::MAX), true);
    loop {
        thermometer_file::check_size("watch", &file, path)?;
        // Ask first, load second: the load then finds everything that a writer published before
        // it ended.
        let still_measured = thermometer_file::has_writer(&file, path)?;
        let reading = seqlock::read(&reader, || ());
        if let Some(reading) = reading.filter(|reading| reading.number > 0)
            && seen.replace(reading) != Some(reading)
        {
            say!("{reading}")?;
            left -= 1;
        }
        if left == 0 {
            return Ok(());
        }
        if measured && !still_measured {
            say_that_no_process_measures(reading)?;
        }
        measured = still_measured;
        if interrupts.wait(LOOK_MS).step("poll")? {
            return Ok(());
        }
    }
}

/// Waits for the magic number. Returns `false` if the user ended the waiting.
fn wait_until_published(file: &File, path: &Path, interrupts: &Interrupts) -> Result<bool> {
    let mut said = false;
    while !thermometer_file::is_published(file, path)? {
        if !said {
            say!("No reading yet: waiting for a process that measures")?;
            said = true;
        }
        if interrupts.wait(LOOK_MS).step("poll")? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The kernel releases the writer's lock when the writer ends.
fn say_that_no_process_measures(reading: Option<Reading>) -> Result<()> {
    match reading {
        Some(_) => say!("No process measures now"),
        None => say!("No process measures now. The writer ended in the middle of a reading."),
    }
}
