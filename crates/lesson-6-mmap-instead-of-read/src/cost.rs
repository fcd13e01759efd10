//! Measures what a pass over a file costs: time and page faults. Also makes the files that the
//! story measures, and says where their pages are. The steps of `cargo lesson-6` use it.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use common::{Context, Result, page_size};
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use nix::sys::resource::{UsageWho, getrusage};

/// What a piece of work cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Wall-clock time. It varies from run to run and from machine to machine.
    pub time: Duration,
    /// Page faults that found the page in the page cache. If the kernel was still reading the page,
    /// the fault has waited for it.
    pub minor: i64,
    /// Page faults for which the kernel had to fetch the page, mostly from the disk.
    pub major: i64,
}

impl Cost {
    /// All page faults.
    pub fn faults(&self) -> usize {
        usize::try_from(self.minor + self.major).unwrap_or(0) // The counts only grow.
    }
}

/// Does the work, and measures what it cost this thread.
///
/// # Errors
/// Those of the work.
pub fn cost_of<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Cost)> {
    let usage = || getrusage(UsageWho::RUSAGE_THREAD).step("getrusage");
    let (before, start) = (usage()?, Instant::now());
    let done = work()?;
    let (time, after) = (start.elapsed(), usage()?);
    let minor = after.minor_page_faults() - before.minor_page_faults();
    let major = after.major_page_faults() - before.major_page_faults();
    Ok((done, Cost { time, minor, major }))
}

/// Writes a new file of `length` bytes of short lines, `piece` bytes in each `write`. On many file
/// systems a larger piece makes larger folios in the page cache.
///
/// # Errors
/// `EEXIST` if the file exists, `ENOSPC` if the disk is full, and all others of `open` and `write`.
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

/// Writes the file's pages to the disk and asks the kernel to drop them from the page cache. An
/// ordinary user may do that. On tmpfs the pages stay: they are in no other place.
///
/// # Errors
/// Those of `fsync` and `posix_fadvise`.
pub fn make_cold(file: &File, path: &Path) -> Result<()> {
    file.sync_all().step_on("fsync", path)?;
    posix_fadvise(file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)
        .step_on("posix_fadvise", path)
}

/// How many pages of these addresses are in the page cache.
///
/// # Errors
/// Those of `mincore(2)`.
pub fn cached(address: usize, length: usize) -> Result<usize> {
    let resident = page_view::resident(address, length).step("mincore")?;
    Ok(resident.into_iter().filter(|resident| *resident).count())
}

/// How many pages of these addresses are in this process's page table.
///
/// # Errors
/// Those of [`page_view::pages`].
pub fn mapped(address: usize, length: usize) -> Result<usize> {
    let pages = page_view::pages(std::process::id(), address, length.div_ceil(page_size()))?;
    Ok(pages.into_iter().filter(|page| page.present).count())
}
