//! What a pass over a file costs: time, page faults, and bytes per fault. A figure for time alone
//! hides the most of the difference. The steps of `cargo lesson-6` print it.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use common::{Context, Result, page_size};
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use nix::sys::resource::{UsageWho, getrusage};

/// What was spent.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Of wall time: it varies from run to run, and from machine to machine.
    pub time: Duration,
    /// Faults that found the page in memory.
    pub minor: i64,
    /// Faults that waited for the disk.
    pub major: i64,
}

/// Does the work and says what it cost this thread.
///
/// # Errors
/// The work's own.
pub fn cost_of<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Cost)> {
    let usage = || getrusage(UsageWho::RUSAGE_THREAD).step("getrusage");
    let (before, start) = (usage()?, Instant::now());
    let done = work()?;
    let (time, after) = (start.elapsed(), usage()?);
    let minor = after.minor_page_faults() - before.minor_page_faults();
    let major = after.major_page_faults() - before.major_page_faults();
    Ok((done, Cost { time, minor, major }))
}

/// Writes a file of `length` bytes, one short line after the other, `piece` bytes a `write`: the
/// size of the pieces decides the size of the folios in which many file systems cache them.
///
/// # Errors
/// `EEXIST`, `ENOSPC` and all else that `open` and `write` know.
pub fn write_lines(path: &Path, length: usize, piece: usize) -> Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    let mut file = options.open(path).step_on("create", path)?;
    let line = b"as a mapping reads it, so it is written\n";
    let bytes: Vec<u8> = line.iter().copied().cycle().take(length).collect();
    for piece in bytes.chunks(piece) {
        file.write_all(piece).step_on("write", path)?;
    }
    Ok(file)
}

/// Writes the file's pages to the disk and asks for them to leave the page cache: an ordinary
/// user's way to a cold file. tmpfs has no other place for them, so there they stay.
///
/// # Errors
/// Those of `fsync` and `posix_fadvise`.
pub fn chill(file: &File, path: &Path) -> Result<()> {
    file.sync_all().step_on("fsync", path)?;
    posix_fadvise(file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)
        .step_on("posix_fadvise", path)
}

/// How many of the view's pages the page cache holds.
///
/// # Errors
/// As `mincore(2)`.
pub fn cached(address: usize, length: usize) -> Result<usize> {
    let resident = page_view::resident(address, length).step("mincore")?;
    Ok(resident.into_iter().filter(|resident| *resident).count())
}

/// How many of its pages are in this process's page table.
///
/// # Errors
/// As [`page_view::pages`].
pub fn mapped(address: usize, length: usize) -> Result<usize> {
    let pages = page_view::pages(std::process::id(), address, length.div_ceil(page_size()))?;
    Ok(pages.into_iter().filter(|page| page.present).count())
}
