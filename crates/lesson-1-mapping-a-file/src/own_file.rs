//! Files that a program may map and store to without harm to their owner: regular ones, long enough,
//! with blocks on the disk, and its own. `cargo lesson-1 write FILE` rests on it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use common::{Context, Failure, Result};
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};
use nix::sys::signal::Signal;

use crate::{Mapping, sys};

/// Opens a regular file for loads and stores: both need both rights. Never waits, whatever the path
/// names.
///
/// # Errors
/// Those of `open`; a directory, a pipe or a device is refused before it is opened.
pub fn open(path: &Path) -> Result<File> {
    let regular = fs::metadata(path).step_on("open", path)?.is_file();
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    let file = if regular { Some(options.open(path).step_on("open", path)?) } else { None };
    // Another file may have taken the name in between, so the open one is asked again.
    match file {
        Some(file) if file.metadata().step_on("stat", path)?.is_file() => Ok(file),
        _ => Err(Failure::refusal("open", path, "not a regular file")),
    }
}

/// Opens `path`, or makes it with mode 0600; the answer's second part says which.
///
/// # Errors
/// Those of [`open`].
pub fn open_or_create(path: &Path) -> Result<(File, bool)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o600);
    match options.open(path) {
        Ok(file) => Ok((file, true)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok((open(path)?, false)),
        // A directory on the way is missing or closed, or nothing may be made in it: the file may
        // still be there to be opened.
        Err(error) if fs::metadata(path).is_err() => Err(error).step_on("open", path),
        Err(_) => Ok((open(path)?, false)),
    }
}

/// Gives the file blocks on the disk for its first `length` bytes, and that length if it is
/// shorter: on a full disk this says `ENOSPC`, where a store to a hole would be SIGBUS.
///
/// # Errors
/// `ENOSPC`, `EDQUOT`, `EFBIG` above the user's limit (whose signal is ignored from here on).
pub fn reserve(file: &File, path: &Path, length: usize) -> Result<()> {
    sys::ignore(Signal::SIGXFSZ).step("signal")?;
    match fallocate(file, FallocateFlags::empty(), 0, length as libc::off_t) {
        // This file system cannot reserve: `ready_for_stores` will ask the page itself.
        Err(Errno::EOPNOTSUPP) if file.metadata().step_on("stat", path)?.len() < length as u64 => {
            file.set_len(length as u64).step_on("ftruncate", path)
        }
        Err(Errno::EOPNOTSUPP) => Ok(()),
        reserved => reserved.step_on("fallocate", path),
    }
}

/// Asks for the pages before the first load, which would be SIGBUS if they cannot be had.
///
/// # Errors
/// A refusal where the disk or the file system cannot give the pages.
pub fn ready_for_loads(mapping: &Mapping, path: &Path, length: usize) -> Result<()> {
    let sentence = "its pages cannot be loaded (a failing disk, or a hole and no space)";
    asked(sys::prepare_loads(mapping.address(), length), "load", path, sentence)
}

/// The last question before the first store: a file system that writes every change to a new place
/// needs space even for bytes that have theirs.
///
/// # Errors
/// A refusal where a store would be SIGBUS; the file's bytes are as they were.
pub fn ready_for_stores(mapping: &Mapping, path: &Path, length: usize) -> Result<()> {
    let sentence = "the file system cannot take a store (it may be full)";
    asked(sys::prepare_stores(mapping.address(), length), "store", path, sentence)
}

fn asked(answer: io::Result<()>, step: &str, path: &Path, sentence: &str) -> Result<()> {
    match answer.as_ref().map_err(io::Error::raw_os_error) {
        Err(Some(libc::EFAULT)) => Err(Failure::refusal(step, path, sentence)),
        Err(Some(libc::EINVAL)) => Ok(()), // Before Linux 5.14 nobody could ask.
        _ => answer.step_on("madvise", path),
    }
}
