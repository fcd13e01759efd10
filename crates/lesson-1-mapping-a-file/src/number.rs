//! The classic pair: one program stores a number in a mapped file, the other prints and doubles it.
//! Run `cargo lesson-1 write FILE`, then `cargo lesson-1 read FILE`. C programs can take either side.
//!
//! ```text
//! byte  0   1   2   3   4 …                    255
//!       '4' '2' \n  NUL (not used, and left as it is)
//! ```

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Failure, Peer, Result, Stage, compare, page_size, say, sentence};
use rand::{Rng, RngExt};

use crate::picture::{self, Pages, compare_last_word};
use crate::{Mapping, own_file};

/// How many bytes of the file the two programs map.
pub const LENGTH: usize = 256;

/// Stores a random number from -100 to 100 in `path`. A missing file is created with mode 0600.
///
/// # Errors
/// A system call that fails; or, unless `force` is set, a file that is not of this lesson. If this
/// call created the file and then fails, it removes the file again.
pub fn write(path: &Path, force: bool, random: &mut impl Rng) -> Result<()> {
    let (file, new) = own_file::open_or_create(path)?;
    let written = write_to(file, path, force, random.random_range(-100..=100));
    if new && written.as_ref().is_err_and(|failure| failure.errno() != Some(libc::EPIPE)) {
        let _ = fs::remove_file(path); // The earlier failure is the one to report.
    }
    written
}

fn write_to(file: File, path: &Path, force: bool, number: i64) -> Result<()> {
    if !force && !is_ours(&file, path)? {
        let reason = "not a file of this lesson (--force overwrites its start)";
        return Err(Failure::refusal("store in", path, reason));
    }
    own_file::reserve(&file, path, LENGTH)?;
    let mapping = Mapping::of(&file, LENGTH).step_on("mmap", path)?;
    drop(file); // The mapping needs no descriptor.
    own_file::ready_for_stores(&mapping, path, LENGTH)?;
    mapping.store(0, text_of(number).as_bytes());
    say!("Wrote integer: {number}")
}

/// Prints the number in `path`, then stores its double.
///
/// # Errors
/// A system call that fails; a file without a number; a double that does not fit in an `i64`. Each
/// leaves the file unchanged.
pub fn read(path: &Path) -> Result<()> {
    let file = own_file::open(path)?;
    let mapping = Mapping::of(&file, LENGTH).step_on("mmap", path)?;
    drop(file);
    own_file::ready_for_loads(&mapping, path, LENGTH)?;
    let no_number = || {
        Failure::refusal("parse", path, "does not begin with a 64-bit number, a newline and NUL")
    };
    let number = number_in(&mapping.load(0, LENGTH)).ok_or_else(no_number)?;
    let too_large =
        || Failure::refusal("double", path, format!("2 × {number} does not fit in 64 bits"));
    let double = number.checked_mul(2).ok_or_else(too_large)?;

    // Printed before the store, so that a full output device leaves the file unchanged. A closed
    // pipe (`| head -0`) is no failure.
    let said = say!("Read integer: {number}");
    if said.as_ref().is_err_and(|failure| failure.errno() != Some(libc::EPIPE)) {
        return said;
    }
    own_file::ready_for_stores(&mapping, path, LENGTH)?;
    mapping.store(0, text_of(double).as_bytes());
    said
}

/// The step of the story: this process writes, and two other processes read, one after the other.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("number");
    let number = stage.random.random_range(-100..=100);
    let (file, _) = own_file::open_or_create(&path)?;
    // Written and not only reserved, so that the page cache and the disk have every byte.
    file.write_all_at(&[0; LENGTH], 0).step_on("write", &path)?;
    file.sync_all().step_on("fsync", &path)?;
    let mapping = Mapping::of(&file, LENGTH).step_on("mmap", &path)?;
    let pages = Pages::of("this process", mapping.address(), 1);
    sentence("The file is mapped. Nothing was loaded or stored yet:")?;
    picture::show("mapped, not accessed", &[&pages])?;
    mapping.store(0, text_of(number).as_bytes());
    say!("   Wrote integer: {number:<7} (random; --seed N fixes it)")?;
    picture::show("after the store", &[&pages])?;
    for times in [1, 2] {
        let mut reader = Peer::start(["read".as_ref(), path.as_os_str()])?;
        compare_last_word(&reader.hear()?, &(times * number).to_string())?;
        reader.wait()?;
    }
    let bytes = fs::read(&path).step_on("read", &path)?;
    let start = bytes.iter().position(|byte| *byte == 0).map_or(0, |end| end + 1);
    let text = String::from_utf8_lossy(&bytes[..start]).into_owned();
    let (found, expected) = (format!("{text:?}"), format!("{:?}", text_of(4 * number)));
    compare("The file begins with ", found, expected)?;
    sentence(
        "No process called write(2) or read(2) to pass the number. The processes passed the number through the mapped file.",
    )
}

/// Whether the file can be overwritten without loss: it is empty, it holds a number of this lesson,
/// or it is zeros, from 256 bytes to a page, which a writer leaves if it is killed before its store.
fn is_ours(file: &File, path: &Path) -> Result<bool> {
    let length = file.metadata().step_on("stat", path)?.len();
    let Ok(length) = usize::try_from(length) else { return Ok(false) };
    if length < LENGTH {
        return Ok(length == 0);
    }
    let mut bytes = vec![0; length.min(page_size())];
    file.read_exact_at(&mut bytes, 0).step_on("read", path)?;
    let zeros = length == bytes.len() && bytes.iter().all(|byte| *byte == 0);
    Ok(zeros || number_in(&bytes[..LENGTH]).is_some())
}

fn text_of(number: i64) -> String {
    format!("{number}\n\0")
}

/// The number at the start of `bytes`, if it is written exactly as [`text_of`] writes it.
fn number_in(bytes: &[u8]) -> Option<i64> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    let text = str::from_utf8(&bytes[..end]).ok()?.strip_suffix('\n')?;
    text.parse().ok().filter(|number: &i64| number.to_string() == text)
}
