//! Step 5: files in several patterns of use, by `read` or `pread` and by a mapping. The times
//! are of this machine at this moment.

use std::fs::{self, File};
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use common::{Context, Result, Stage, page_size, say, sentence};
use rand::Rng;
use rand::seq::index;

use crate::cost::{cost_of, write_lines};
use crate::in_place::Unlinked;
use crate::job::count;
use crate::{Mapped, View};

const LENGTH: usize = 16 << 20;
const MEBIBYTES: u32 = 16;
const SMALL_FILES: u32 = 400;
const TIMES: u32 = 4_000;
const RUNS: usize = 5;
/// Bytes that a CPU loads into its cache together.
const CACHE_LINE: usize = 64;
const WORD: usize = size_of::<u64>();

/// Step 5.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let directory = stage.scratch.path();
    let path = directory.join("large");
    let file = write_lines(&path, LENGTH, 1 << 20)?;
    sentence(
        "Each number is the time of one such job in nanoseconds, the best of five runs. The files are \
         in the page cache. (All numbers vary: compare only orders of magnitude.)",
    )?;
    say!("   {:<37} {:>8} {:>9}", "", "read", "mapping")?;
    one_pass(&directory.join("unlinked"), &path)?;
    random_words(&file, &path, &mut stage.random)?;
    one_small_read(&file, &path)?;
    small_files(directory)
}

/// Every byte once. The mapping copies word by word, copies with `memcpy`, or copies nothing.
fn one_pass(unlinked: &Path, path: &Path) -> Result<()> {
    let unshared = Unlinked::write(unlinked, LENGTH, 1 << 20)?;
    let read = best(|_| lines_by_read(path))?;
    let by_word = best(|_| lines_by_mapping(path, LENGTH))?;
    let by_memcpy = best(|_| unshared.count_by_memcpy().step_on("count", unlinked))?;
    let in_place = best(|_| unshared.count().step_on("count", unlinked))?;
    row("1 MiB, copied by 8-byte loads", MEBIBYTES, read, by_word)?;
    row("1 MiB, copied by memcpy", MEBIBYTES, read, by_memcpy)?;
    row("1 MiB, counted in place", MEBIBYTES, read, in_place)
}

/// Reads 8 bytes at random places of a file whose pages are all mapped. Each run goes to places where
/// no run was before: a second visit would find its bytes in the CPU's cache.
fn random_words(file: &File, path: &Path, random: &mut impl Rng) -> Result<()> {
    let times = TIMES as usize;
    let lines = index::sample(random, LENGTH / CACHE_LINE, 2 * RUNS * times).into_vec();
    let places: Vec<usize> = lines.into_iter().map(|line| line * CACHE_LINE).collect();
    let (for_read, for_mapping) = places.split_at(RUNS * times);
    let view = View::of(file, LENGTH).step_on("mmap", path)?;
    let mut word = [0; WORD];
    (0..LENGTH).step_by(page_size()).for_each(|offset| view.copy_to(offset, &mut word));
    let of_run = |places: &[usize], run| places[run * times..][..times].to_vec();
    let read = best(|run| {
        let mut places = of_run(for_read, run).into_iter();
        places
            .try_for_each(|offset| file.read_exact_at(&mut word, offset as u64))
            .step_on("pread", path)
    })?;
    let mut word = [0; WORD];
    let mapping = best(|run| {
        of_run(for_mapping, run).into_iter().for_each(|offset| {
            view.copy_to(offset, &mut word);
            black_box(word);
        });
        Ok(())
    })?;
    row("8 bytes at random, mapped before", TIMES, read, mapping)
}

/// One short read. The mapping is made, touched and removed for it.
fn one_small_read(file: &File, path: &Path) -> Result<()> {
    let mut word = [0; 64];
    let read = best(|_| {
        (0..TIMES).try_for_each(|_| file.read_exact_at(&mut word, 0)).step_on("pread", path)
    })?;
    let mapping = best(|_| {
        let once = |_| View::of(file, page_size()).map(|view| view.copy_to(0, &mut [0; 64]));
        (0..TIMES).try_for_each(once).step_on("mmap", path)
    })?;
    row("64 bytes once, nothing mapped before", TIMES, read, mapping)
}

/// Opens, counts and closes many small files. Each is mapped or read once.
fn small_files(directory: &Path) -> Result<()> {
    let length = 2 * page_size();
    let path = |number| directory.join(format!("small-{number}"));
    let paths: Vec<PathBuf> = (0..SMALL_FILES).map(path).collect();
    paths.iter().try_for_each(|path| write_lines(path, length, length).map(drop))?;
    let read = best(|_| paths.iter().try_fold(0, |sum, path| Ok(sum + lines_by_read(path)?)))?;
    let mapping =
        best(|_| paths.iter().try_fold(0, |sum, path| Ok(sum + lines_by_mapping(path, length)?)))?;
    row("a file of 2 pages: open, count, close", SMALL_FILES, read, mapping)?;
    paths.iter().try_for_each(|path| fs::remove_file(path).step_on("remove", path))
}

fn lines_by_read(path: &Path) -> Result<u64> {
    Ok(count(File::open(path).step_on("open", path)?).step_on("read", path)?.lines)
}

fn lines_by_mapping(path: &Path, length: usize) -> Result<u64> {
    let mapped = Mapped::of(File::open(path).step_on("open", path)?, length);
    Ok(count(mapped.step_on("mmap", path)?).step_on("load", path)?.lines)
}

/// The shortest time of five runs: a disturbance only makes a run longer.
fn best<T>(mut work: impl FnMut(usize) -> Result<T>) -> Result<Duration> {
    let mut shortest = Duration::MAX;
    for run in 0..RUNS {
        shortest = shortest.min(cost_of(|| work(run))?.1.time);
    }
    Ok(shortest)
}

fn row(what: &str, times: u32, read: Duration, mapping: Duration) -> Result<()> {
    let each = |time: Duration| (time / times).as_nanos();
    say!("   {what:<37} {:>8} {:>9}", each(read), each(mapping))
}
