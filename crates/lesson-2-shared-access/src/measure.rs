//! The side that publishes readings: `cargo lesson-2 measure FILE`.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use common::{Context, Failure, Result, say};
use rand::{Rng, RngExt};

use crate::layout::{Reading, SIZE};
use crate::thermometer::Writer;
use crate::waiting::Interrupts;
use crate::{seqlock, thermometer_file};

/// Publishes a reading in the file `path` every `interval_ms`, until Ctrl-C or `count` times.
///
/// # Errors
/// A system call that fails, a second writer, or a file that is not a thermometer (unless `force`).
pub fn measure(
    path: &Path,
    count: Option<u64>,
    interval_ms: u16,
    force: bool,
    random: &mut impl Rng,
) -> Result<()> {
    let interrupts = Interrupts::new().step("wait for signals")?;
    thermometer_file::end_cleanly_if_cut_short("measure", path)?;
    let file = ready(path, force)?;
    let writer = Writer::of(&file).step_on("mmap", path)?;
    writer.announce();
    let mut reading = first(&writer, random);
    for left in (0..count.unwrap_or(u64::MAX)).rev() {
        thermometer_file::check_size("measure", &file, path)?;
        reading = next(reading, random);
        seqlock::publish(&writer, reading);
        say!("{reading}")?;
        if left == 0 || interrupts.wait(interval_ms).step("poll")? {
            break;
        }
    }
    Ok(())
}

/// Opens or makes the file at `path`, and becomes its only writer.
fn ready(path: &Path, force: bool) -> Result<File> {
    let mut options = OpenOptions::new();
    let file =
        thermometer_file::open(options.read(true).write(true).create(true).mode(0o600), path)?;
    if !thermometer_file::lock_for_writing(&file, path)? {
        return Err(Failure::refusal("lock", path, "another process measures here"));
    }
    match thermometer_file::is_published(&file, path) {
        Ok(true) => return Ok(file),
        Ok(false) if holds_only_zeros(&file, path)? => {}
        Ok(false) | Err(_) if force => file.set_len(0).step_on("ftruncate", path)?,
        Ok(false) => return Err(refusal(path, "not a thermometer: no magic number")),
        Err(failure) => return Err(failure),
    }
    thermometer_file::reserve(&file, path)?;
    Ok(file)
}

fn refusal(path: &Path, why: &str) -> Failure {
    Failure::refusal("read", path, why)
}

/// Whether the file holds nothing that a user could lose: it is empty or all zeros. A writer that is
/// killed before it publishes leaves a file of zeros.
fn holds_only_zeros(file: &File, path: &Path) -> Result<bool> {
    if file.metadata().step_on("stat", path)?.len() == 0 {
        return Ok(true);
    }
    let bytes = crate::Bytes::read_only(file, SIZE).step_on("mmap", path)?.copy();
    Ok(bytes.iter().all(|byte| *byte == 0))
}

/// The reading before the first new one: the last one in the file, or a mild day.
fn first(writer: &Writer, random: &mut impl Rng) -> Reading {
    match writer.last() {
        Reading { number: 0, .. } => {
            Reading { number: 0, millidegrees: random.random_range(15_000..25_000), nanoseconds: 0 }
        }
        last => last,
    }
}

fn next(last: Reading, random: &mut impl Rng) -> Reading {
    let change = random.random_range(-250..=250);
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Reading {
        number: last.number.wrapping_add(1),
        millidegrees: last.millidegrees.saturating_add(change).clamp(-90_000, 60_000),
        // An i64 holds the nanoseconds until the year 2262.
        nanoseconds: i64::try_from(since_1970.as_nanos()).unwrap_or(i64::MAX),
    }
}
