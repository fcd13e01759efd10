//! The classic pair: one program stores a number in a mapped file, another prints and doubles it.
//! `cargo lesson-1 write FILE`, then `cargo lesson-1 read FILE`; C programs of the same kind join in.
//!
//! ```text
//! byte  0   1   2   3   4 …                    255
//!       '4' '2' \n  NUL (whatever was there before)
//! ```

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use common::{Context, Failure, Result, Stage, say};
use nix::fcntl::posix_fallocate;
use rand::{Rng, RngExt};

use crate::Mapping;

/// Bytes of the file that the two programs map.
pub const LENGTH: usize = 256;

/// Stores a random number from -100 to 100 in `path`, which is made with mode 0600 if missing.
///
/// # Errors
/// Any step of the system's; a file that does not look like this lesson's, unless `force`.
pub fn write(path: &Path, force: bool, random: &mut impl Rng) -> Result<()> {
    let file = open(path, true)?;
    if !force && !is_ours(&file, path)? {
        return Err(Failure::refusal(
            "write",
            path,
            "not a file of this lesson (--force overwrites)",
        ));
    }
    reserve(&file, path)?;
    let mapping = Mapping::of(&file, LENGTH).step_on("mmap", path)?;
    drop(file); // The mapping needs no descriptor.
    let number = random.random_range(-100..=100);
    mapping.store(0, text_of(number).as_bytes());
    say!("Wrote integer: {number}")
}

/// Prints the number in `path`, then stores its double.
///
/// # Errors
/// Any step of the system's; a file without a number; a double that does not fit in an `i64`.
/// Each leaves the file as it was.
pub fn read(path: &Path) -> Result<()> {
    let file = open(path, false)?;
    let mapping = Mapping::of(&file, LENGTH).step_on("mmap", path)?;
    let no_number = || Failure::refusal("read", path, "no number, newline and NUL at its start");
    let number = number_in(&mapping.load(0, LENGTH)).ok_or_else(no_number)?;
    let too_large =
        || Failure::refusal("double", path, format!("2 × {number} is no 64-bit integer"));
    let double = number.checked_mul(2).ok_or_else(too_large)?;
    reserve(&file, path)?;
    mapping.store(0, text_of(double).as_bytes());
    say!("Read integer: {number}")
}

/// The step of the story: both programs, on a file of the run's own.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("number");
    write(&path, false, &mut stage.random)?;
    read(&path)?;
    read(&path)
}

/// Opens a regular file for reading and writing; never waits, whatever the path names.
fn open(path: &Path, create: bool) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(create).mode(0o600).custom_flags(libc::O_NONBLOCK);
    let file = options.open(path).step_on("open", path)?;
    match file.metadata().step_on("stat", path)?.is_file() {
        true => Ok(file),
        false => Err(Failure::refusal("open", path, "not a regular file")),
    }
}

/// Gives the file blocks on the disk for the bytes to be mapped: on a full disk this says `ENOSPC`,
/// where a store to a hole would be SIGBUS.
fn reserve(file: &File, path: &Path) -> Result<()> {
    posix_fallocate(file, 0, LENGTH as libc::off_t).step_on("posix_fallocate", path)
}

/// Whether nothing of a user's can be lost: a number of this lesson's, or nothing but zeros, which
/// is what a writer killed before its store leaves behind.
fn is_ours(file: &File, path: &Path) -> Result<bool> {
    match file.metadata().step_on("stat", path)?.len() {
        0 => Ok(true),
        short if short < LENGTH as u64 => Ok(false),
        _ => {
            let bytes = Mapping::of(file, LENGTH).step_on("mmap", path)?.load(0, LENGTH);
            Ok(number_in(&bytes).is_some() || bytes.iter().all(|byte| *byte == 0))
        }
    }
}

fn text_of(number: i64) -> String {
    format!("{number}\n\0")
}

/// The number at the start of `bytes`, if a newline and a NUL end it.
fn number_in(bytes: &[u8]) -> Option<i64> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    str::from_utf8(&bytes[..end]).ok()?.strip_suffix('\n')?.parse().ok()
}
