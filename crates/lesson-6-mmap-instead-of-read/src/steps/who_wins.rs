//! Where each way wins: the same bytes, in four patterns of use. `cargo lesson-6` measures it; the
//! figures are this machine's, at this moment.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use common::{Context, Result, Stage, page_size, say};
use rand::{Rng, RngExt};

use crate::cost::{Cost, cost_of, write_lines};
use crate::in_place::Nameless;
use crate::job::count;
use crate::{Mapped, View};

const LENGTH: usize = 16 << 20;
const SMALL_FILES: u32 = 400;
const TIMES: u32 = 4_000;

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let directory = stage.scratch.path();
    let path = directory.join("large");
    let file = write_lines(&path, LENGTH, 1 << 20)?;
    say!("   nanoseconds for each, from the page cache; all vary; the order is the point.")?;
    say!("   Faults are the mapping's, in all: of 16 MiB, {TIMES} times, {SMALL_FILES} files.")?;
    say!("   {:<38} {:>9} {:>9} {:>9}", "", "read", "mapping", "faults")?;
    one_pass(&path)?;
    in_place(&directory.join("nameless"), &path)?;
    random_words(&file, &path, &mut stage.random)?;
    one_small_read(&file, &path)?;
    small_files(directory)
}

/// Every byte once, both ways through a buffer.
fn one_pass(path: &Path) -> Result<()> {
    let read = best(|| lines_by_read(path))?;
    let mapping = best(|| lines_by_mapping(path, LENGTH))?;
    row("a MiB in one pass, through a buffer", megabytes(), read, mapping)
}

/// Every byte once, the mapping without a buffer.
fn in_place(nameless: &Path, path: &Path) -> Result<()> {
    let file = Nameless::write(nameless, LENGTH, 1 << 20)?;
    let read = best(|| lines_by_read(path))?;
    let mapping = best(|| file.count().step_on("count", nameless))?;
    row("a MiB in one pass, counted in place", megabytes(), read, mapping)
}

/// Eight bytes here, eight bytes there, in a file that is already mapped and in the page table.
fn random_words(file: &File, path: &Path, random: &mut impl Rng) -> Result<()> {
    let mut offsets = || random.random_range(0..LENGTH / 8) * 8;
    let offsets: Vec<usize> = (0..TIMES).map(|_| offsets()).collect();
    let view = View::of(file, LENGTH).step_on("mmap", path)?;
    let mut word = [0; 8];
    (0..LENGTH).step_by(page_size()).for_each(|offset| view.copy_to(offset, &mut word));
    let read = best(|| {
        offsets
            .iter()
            .try_for_each(|offset| file.read_exact_at(&mut word, *offset as u64))
            .step_on("pread", path)
    })?;
    let mut word = [0; 8];
    let mapping = best(|| {
        offsets.iter().for_each(|offset| view.copy_to(*offset, &mut word));
        Ok(std::hint::black_box(word))
    })?;
    row("8 bytes anywhere, mapped long ago", TIMES, read, mapping)
}

/// One short read: the mapping has to be made, faulted in and taken away for it.
fn one_small_read(file: &File, path: &Path) -> Result<()> {
    let mut word = [0; 64];
    let read = best(|| {
        (0..TIMES).try_for_each(|_| file.read_exact_at(&mut word, 0)).step_on("pread", path)
    })?;
    let mapping = best(|| {
        let once = |_| View::of(file, page_size()).map(|view| view.copy_to(0, &mut [0; 64]));
        (0..TIMES).try_for_each(once).step_on("mmap", path)
    })?;
    row("64 bytes, once, nothing mapped yet", TIMES, read, mapping)
}

/// Many files, each too small to pay for its mapping.
fn small_files(directory: &Path) -> Result<()> {
    let length = 2 * page_size();
    let path = |number| directory.join(format!("small-{number}"));
    let paths: Vec<PathBuf> = (0..SMALL_FILES).map(path).collect();
    paths.iter().try_for_each(|path| write_lines(path, length, length).map(drop))?;
    let read = best(|| paths.iter().try_fold(0, |sum, path| Ok(sum + lines_by_read(path)?)))?;
    let mapping =
        best(|| paths.iter().try_fold(0, |sum, path| Ok(sum + lines_by_mapping(path, length)?)))?;
    row("a file of two pages, opened and counted", SMALL_FILES, read, mapping)?;
    paths.iter().try_for_each(|path| fs::remove_file(path).step_on("remove", path))
}

fn lines_by_read(path: &Path) -> Result<u64> {
    Ok(count(File::open(path).step_on("open", path)?).step_on("read", path)?.lines)
}

fn lines_by_mapping(path: &Path, length: usize) -> Result<u64> {
    let mapped = Mapped::of(File::open(path).step_on("open", path)?, length);
    Ok(count(mapped.step_on("mmap", path)?).step_on("load", path)?.lines)
}

fn megabytes() -> u32 {
    u32::try_from(LENGTH >> 20).unwrap_or(u32::MAX)
}

/// The cheapest of three runs: what disturbs a run only ever adds to it.
fn best<T>(mut work: impl FnMut() -> Result<T>) -> Result<Cost> {
    let runs: Result<Vec<Cost>> = (0..3).map(|_| Ok(cost_of(&mut work)?.1)).collect();
    let cheapest = runs?.into_iter().min_by_key(|cost| cost.time);
    Ok(cheapest.unwrap_or_else(|| unreachable!("three runs")))
}

fn row(what: &str, times: u32, read: Cost, mapping: Cost) -> Result<()> {
    let each = |cost: Cost| (cost.time / times).as_nanos();
    let faults = mapping.minor + mapping.major;
    say!("   {what:<39} {:>8} {:>9} {faults:>9}", each(read), each(mapping))
}
