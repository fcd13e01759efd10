//! Opens a file that is safe to map and store to: a regular file, long enough, with blocks on the
//! disk. `cargo lesson-1 write FILE` uses it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use common::{Context, Failure, Result};
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};
use nix::sys::signal::Signal;

use crate::{Mapping, sys};

/// Opens a regular file for reading and writing, as a mapping for loads and stores needs it. Never
/// blocks, whatever `path` names.
///
/// # Errors
/// Those of `open`. A directory, a pipe or a device is refused before it is opened.
pub fn open(path: &Path) -> Result<File> {
    let regular = fs::metadata(path).step_on("open", path)?.is_file();
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    let file = if regular { Some(options.open(path).step_on("open", path)?) } else { None };
    // The name may have changed hands in between, so check the file that is now open.
    match file {
        Some(file) if file.metadata().step_on("stat", path)?.is_file() => Ok(file),
        _ => Err(Failure::refusal("open", path, "not a regular file")),
    }
}

/// Opens `path`, or creates it with mode 0600. The second part of the result is true if it is new.
///
/// # Errors
/// Those of [`open`].
pub fn open_or_create(path: &Path) -> Result<(File, bool)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(0o600);
    match options.open(path) {
        Ok(file) => Ok((file, true)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok((open(path)?, false)),
        // The directory may be closed to new files, and the file may still be there to open.
        Err(error) if fs::metadata(path).is_err() => Err(error).step_on("open", path),
        Err(_) => Ok((open(path)?, false)),
    }
}

/// Reserves blocks on the disk for the first `length` bytes of the file, and makes a shorter file
/// that long. On a full disk this fails with `ENOSPC`; a store to a hole would be SIGBUS instead.
///
/// # Errors
/// `ENOSPC`, `EDQUOT`, `EFBIG`. With `EFBIG` (the process's limit) the kernel also sends SIGXFSZ, which
/// this process ignores from here on.
pub fn reserve(file: &File, path: &Path, length: usize) -> Result<()> {
    sys::ignore(Signal::SIGXFSZ).step("signal")?;
    match fallocate(file, FallocateFlags::empty(), 0, length as libc::off_t) {
        // This file system cannot reserve blocks. `ready_for_stores` finds out later.
        Err(Errno::EOPNOTSUPP) if file.metadata().step_on("stat", path)?.len() < length as u64 => {
            file.set_len(length as u64).step_on("ftruncate", path)
        }
        Err(Errno::EOPNOTSUPP) => Ok(()),
        reserved => reserved.step_on("fallocate", path),
    }
}

/// Causes the page faults of the loads now. If the kernel cannot get a page, this returns an error;
/// a load would raise SIGBUS.
///
/// # Errors
/// `cannot be loaded` if the disk has an error, or the file system has no room for a hole.
pub fn ready_for_loads(mapping: &Mapping, path: &Path, length: usize) -> Result<()> {
    let reason = "its pages cannot be loaded (a disk error, or a hole on a full file system)";
    without_efault(sys::prepare_loads(mapping.address(), length), "load", path, reason)
}

/// Causes the page faults of the stores now. A copy-on-write file system needs this even after
/// [`reserve`]: it normally writes changed bytes to a new place, which `fallocate` may not reserve.
/// After each flush it needs another new place. A full btrfs may flush at any moment, so a store may
/// still be SIGBUS there. ext4 and xfs need this if a large folio holds the page and a hole: a store then needs blocks for the
/// whole folio.
///
/// # Errors
/// `cannot take a store` where a store would be SIGBUS. The bytes of the file are unchanged.
pub fn ready_for_stores(mapping: &Mapping, path: &Path, length: usize) -> Result<()> {
    let reason = "the file system cannot take a store (it may be full)";
    without_efault(sys::prepare_stores(mapping.address(), length), "store", path, reason)
}

/// Replaces `EFAULT`, which would only say "bad address", by the `reason`.
fn without_efault(result: io::Result<()>, step: &str, path: &Path, reason: &str) -> Result<()> {
    match result.as_ref().map_err(io::Error::raw_os_error) {
        Err(Some(libc::EFAULT)) => Err(Failure::refusal(step, path, reason)),
        Err(Some(libc::EINVAL)) => Ok(()), // Linux before 5.14 does not know this advice.
        _ => result.step_on("madvise", path),
    }
}
