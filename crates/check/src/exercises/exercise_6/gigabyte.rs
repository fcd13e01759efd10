//! A file of a gigabyte, or of what the memory allows, in the page cache before the clock runs.
//!
//! It is sparse: its pages in the cache are real, and full of zeros but for a few, so that it takes
//! no disk and is gone from memory with its name. Whoever loads from it cannot tell.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use common::{Context, page_size};
use memmap2::{Advice, MmapOptions};
use nix::sys::statvfs::fstatvfs;
use nix::sys::time::TimeValLike;
use nix::time::ClockId;
use rand::RngExt;

use super::costs::CostsObserver;
use super::tally::Tally;
use crate::exercises::CheckContext;
use crate::observe::NoopObserver;
use crate::verdict::{CheckError, Verdict};
use crate::{control_groups, machine_memory};

/// The file's size where there is memory for it; else it is halved until there is.
pub const LARGEST_FILE: u64 = 1 << 30;

/// In a smaller file, a copy in private memory might not be noticed.
pub const SMALLEST_FILE: u64 = 128 << 20;

/// So many times the reference's CPU time a program may use for the file, beside the time of every check.
const TIMES_THE_REFERENCE: u32 = 8;

/// The first part of the file, on which the reference's CPU time is measured: the whole would take as long again
/// as the program that is judged.
const PART: usize = 16 << 20;

/// One newline in so many parts of the file, and a few bytes more, which are drawn.
const PARTS: usize = 16;

/// Counts it.
pub(super) fn gigabyte(context: &mut CheckContext) -> Verdict {
    if let Err(unseen) = control_groups::shown("memory") {
        context.note(format!(
            "{unseen}, so the judge cannot see a limit on memory, and the file is as large as the machine's memory allows"
        ));
    }
    let file = context.work_directory().write("GIGABYTE", b"")?;
    let in_memory = context.settings().machine.file_system == "tmpfs";
    let (size, there_is) = affordable(&file, in_memory)?;
    let bytes = usize::try_from(size).unwrap_or(usize::MAX);
    let step = bytes / PARTS + context.random().random_range(1..1 << 18);
    file.set_len(PART as u64).step("ftruncate")?;
    load(&file, PART)?;
    let part = reference_uses(&context.work_directory().path().join("GIGABYTE"))?;
    let parts = u32::try_from(bytes / PART).unwrap_or(u32::MAX);
    let lines = warm(&file, bytes, step)?;
    // On tmpfs the file's own pages count as shared memory of whoever maps them.
    context.limits_mut().memory += size;
    // A program that is too slow for a gigabyte is too slow for a smaller file, too.
    let whole = context.limits_mut().cpu_time;
    context.limits_mut().cpu_time = cpu_time_for(whole, size) + TIMES_THE_REFERENCE * parts * part;
    let mut costs = CostsObserver::new(context);
    let run = context.observe(&context.start(&["lines", "GIGABYTE"]), &mut costs);
    let run = run.map_err(too_slow)?;
    run.succeeds()?;
    let mut tally = Tally::default();
    tally.add_counts("GIGABYTE", lines, bytes);
    tally.expect(&run)?;
    costs.within_bounds()?;
    let took = run.time.as_secs_f64() * 1e3;
    context.note(if size == LARGEST_FILE {
        format!("a gigabyte: {took:.0} ms")
    } else {
        format!(
            "a file of {} MiB instead of a gigabyte, because {there_is}: {took:.0} ms",
            size >> 20
        )
    });
    Ok(())
}

/// A total of so many bytes that they are no `int`: one file is named again and again. It is so small that the
/// processor's caches hold it, and it is not named so often that a program runs out of descriptors that it keeps open:
/// another check looks for that.
pub(super) fn sums(context: &mut CheckContext) -> Verdict {
    const BYTES: usize = 4 << 20;
    const TIMES: usize = (1 << 31) / BYTES + 1;
    let file = context.work_directory().write("FILE", b"")?;
    file.set_len(BYTES as u64).step("ftruncate")?;
    file.write_all_at(b"\n", BYTES as u64 - 1).step("write")?;
    load(&file, BYTES)?;
    let one = reference_uses(&context.work_directory().path().join("FILE"))?;
    let times = u32::try_from(TIMES).unwrap_or(u32::MAX);
    let limits = context.limits_mut();
    limits.cpu_time = 2 * limits.cpu_time + TIMES_THE_REFERENCE * times * one;
    limits.wall *= 2;
    limits.memory += BYTES as u64; // On tmpfs, as above.
    let names = std::iter::repeat_n("FILE", TIMES);
    let arguments: Vec<_> = std::iter::once("lines").chain(names).collect();
    // At its own speed: a stop at each call would take longer than the run.
    let start = context.start(&arguments).without_syscall_tracing();
    let run = context.observe(&start, &mut NoopObserver).map_err(too_slow)?;
    run.succeeds()?;
    let mut tally = Tally::default();
    (0..TIMES).for_each(|_| tally.add_counts("FILE", 1, BYTES));
    tally.with_total().expect(&run)
}

/// CPU time that the reference program uses for this file now. On a busy machine, or a slow one, everybody
/// needs more.
fn reference_uses(path: &Path) -> Verdict<Duration> {
    let now = || -> common::Result<Duration> {
        let time = ClockId::CLOCK_THREAD_CPUTIME_ID.now().step("clock_gettime")?;
        Ok(Duration::from_nanos(time.num_nanoseconds().unsigned_abs()))
    };
    let before = now()?;
    reference::count(path).map_err(|why| {
        CheckError::Cannot(format!("the reference program cannot count the large file: {why}"))
    })?;
    Ok(now()?.saturating_sub(before))
}

/// A program that has counted small files ends. If it uses up its CPU time on a large one, it is too slow.
pub(super) fn too_slow(error: CheckError) -> CheckError {
    match error.is_out_of_cpu_time() {
        true => error.known_as("hang", "too-slow"),
        false => error,
    }
}

/// The largest size of which there is twice as much, and how much there is, in words.
fn affordable(file: &File, in_memory: bool) -> Verdict<(u64, String)> {
    let available = machine_memory::available()?;
    let free = fstatvfs(file).step("fstatvfs")?;
    let free = free.blocks_available() * free.fragment_size();
    let there_is = match in_memory && free < available / 2 {
        true => format!("the scratch, a tmpfs, has only {} MiB left", free >> 20),
        false => format!("only {} MiB of memory are available", available >> 20),
    };
    let most = if in_memory { free.min(available / 2) } else { available / 2 };
    match size_within(most) {
        Some(size) => Ok((size, there_is)),
        None => Err(CheckError::Cannot(format!("no large file can be kept in memory: {there_is}"))),
    }
}

/// The limit for a file of this size: a quarter is for the program's start, the rest for the file.
fn cpu_time_for(whole: Duration, size: u64) -> Duration {
    let start = whole / 4;
    start + (whole - start).mul_f64(size as f64 / LARGEST_FILE as f64)
}

/// The largest of the sizes that is not larger than this.
fn size_within(most: u64) -> Option<u64> {
    let sizes = std::iter::successors(Some(LARGEST_FILE), |size| Some(size / 2));
    sizes.take_while(|size| *size >= SMALLEST_FILE).find(|size| *size <= most)
}

/// Makes the file, which ends with a newline, and brings all of it into the page cache; how many lines it
/// has.
fn warm(file: &File, size: usize, step: usize) -> Verdict<usize> {
    file.set_len(size as u64).step("ftruncate")?;
    let last = size - 1;
    let newlines = (0..last).step_by(step).skip(1).chain([last]);
    newlines.clone().try_for_each(|at| file.write_all_at(b"\n", at as u64)).step("write")?;
    load(file, size)?;
    Ok(newlines.count())
}

/// Brings the file's first `size` bytes into the page cache.
fn load(file: &File, size: usize) -> Verdict {
    let cannot =
        |why: String| CheckError::Cannot(format!("no large file can be kept in memory: {why}"));
    let whole = MmapOptions::new().len(size).map_raw_read_only(file).step("mmap")?;
    // In large folios the kernel loads and maps it in a fraction of the time. Where it has none, pages do.
    let _ = whole.advise(Advice::HugePage);
    // Rarely, on a busy machine, a page has left the cache again before it is counted: then it is
    // loaded again.
    const ATTEMPTS: usize = 5;
    let mut missing = 0;
    for _ in 0..ATTEMPTS {
        whole.advise(Advice::PopulateRead).map_err(|error| cannot(error.to_string()))?;
        let resident = page_view::resident(whole.as_ptr().addr(), size).step("mincore")?;
        missing = resident.iter().filter(|page| !**page).count();
        if missing == 0 {
            return Ok(());
        }
    }
    Err(cannot(format!("{missing} pages of {} have gone again", size / page_size())))
}

#[cfg(test)]
mod tests {
    use tracer::LimitExceeded;

    use super::*;
    use crate::observe::killed_for;

    #[test]
    fn the_file_is_as_large_as_the_memory_allows() {
        assert_eq!(size_within(24 << 30), Some(1 << 30));
        assert_eq!(size_within(1 << 30), Some(1 << 30));
        assert_eq!(size_within((1 << 30) - 1), Some(512 << 20));
        assert_eq!(size_within(350 << 20), Some(256 << 20), "half of 768 MiB, less what is used");
        assert_eq!(size_within(128 << 20), Some(128 << 20));
        assert_eq!(size_within((128 << 20) - 1), None);
    }

    #[test]
    fn a_program_that_uses_up_its_cpu_time_is_too_slow_and_one_that_sleeps_hangs() {
        let named = |limit| match too_slow(killed_for(limit, "it ends", "it")) {
            CheckError::Wrong(finding) => finding.diagnosis,
            other => panic!("{other:?}"),
        };
        assert_eq!(named(LimitExceeded::CpuTime(Duration::from_secs(2))), "too-slow");
        assert_eq!(named(LimitExceeded::Wall(Duration::from_secs(10))), "hang");
    }

    #[test]
    fn the_cpu_time_for_a_smaller_file_is_shorter() {
        let whole = Duration::from_secs(2);
        assert_eq!(cpu_time_for(whole, LARGEST_FILE), whole);
        assert_eq!(cpu_time_for(whole, 256 << 20), Duration::from_millis(875));
    }
}
