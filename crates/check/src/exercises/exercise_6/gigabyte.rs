//! A file of a gigabyte, in the page cache before the clock runs.
//!
//! It is sparse: its pages in the cache are real, and full of zeros but for a few, so that it takes
//! no disk and is gone from memory with its name. Whoever loads from it cannot tell.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, page_size};
use memmap2::{Advice, MmapOptions};
use nix::sys::statvfs::fstatvfs;
use rand::RngExt;

use super::tally::Tally;
use super::watch::Watch;
use crate::exercises::CheckContext;
use crate::verdict::{CheckError, Verdict};

/// The file's size.
const SIZE: usize = 1 << 30;

/// One newline in so many bytes, and some more, which are drawn.
const STEP: usize = 64 << 20;

/// Counts it.
pub(super) fn gigabyte(context: &mut CheckContext) -> Verdict {
    let file = context.work_directory().write("GIGABYTE", b"")?;
    let step = STEP + context.random().random_range(1..1 << 20);
    let lines = warm(&file, step, context.settings().machine.file_system == "tmpfs")?;
    // On tmpfs the file's own pages count as shared memory of whoever maps them.
    context.limits().memory += SIZE as u64;
    let mut watch = Watch::new(context);
    let run = context.observe(&context.start(&["lines", "GIGABYTE"]), &mut watch)?;
    run.succeeds()?;
    let mut tally = Tally::default();
    tally.add_counts("GIGABYTE", lines, SIZE);
    tally.expect(&run)?;
    watch.within_bounds()?;
    context.note(format!("a gigabyte: {:.0} ms", run.time.as_secs_f64() * 1e3));
    Ok(())
}

/// Makes the file and brings all of it into the page cache; how many lines it has.
fn warm(file: &File, step: usize, in_memory: bool) -> Verdict<usize> {
    let cannot =
        |why: String| CheckError::Cannot(format!("no gigabyte can be kept in memory: {why}"));
    let available = available_memory()?;
    if available < 2 * SIZE as u64 {
        return Err(cannot(format!("only {} MiB are available", available >> 20)));
    }
    let free = fstatvfs(file).step("fstatvfs")?;
    if in_memory && free.blocks_available() * free.fragment_size() < SIZE as u64 {
        return Err(cannot("the scratch, a tmpfs, has not that much".into()));
    }
    file.set_len(SIZE as u64).step("ftruncate")?;
    let newlines = (0..SIZE).step_by(step).skip(1);
    newlines.clone().try_for_each(|at| file.write_all_at(b"\n", at as u64)).step("write")?;
    let whole = MmapOptions::new().len(SIZE).map_raw_read_only(file).step("mmap")?;
    // Rarely, on a busy machine, a page has left the cache again before it is counted: then it is
    // loaded again.
    const ATTEMPTS: usize = 5;
    let mut missing = 0;
    for _ in 0..ATTEMPTS {
        whole.advise(Advice::PopulateRead).map_err(|error| cannot(error.to_string()))?;
        let resident = page_view::resident(whole.as_ptr().addr(), SIZE).step("mincore")?;
        missing = resident.iter().filter(|page| !**page).count();
        if missing == 0 {
            return Ok(newlines.count());
        }
    }
    Err(cannot(format!("{missing} pages of {} have gone again", SIZE / page_size())))
}

/// What the kernel would give without taking from others.
fn available_memory() -> Verdict<u64> {
    let path = Path::new("/proc/meminfo");
    let text = fs::read_to_string(path).step_on("read", path)?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kilobytes = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    let unknown = || CheckError::Cannot("the kernel does not say how much memory there is".into());
    Ok(kilobytes.ok_or_else(unknown)? << 10)
}
