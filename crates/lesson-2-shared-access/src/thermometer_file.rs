//! A thermometer's file: opened, checked, given its size, and known to have a writer or none.
//! `cargo lesson-2 measure FILE` and `cargo lesson-2 watch FILE` begin with it.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use common::{Context, Failure, Result};
use nix::fcntl::{FcntlArg, fcntl, posix_fallocate};

use crate::layout::{MAGIC, SIZE, VERSION};
use crate::thermometer::{Reader, Writer};

/// Opens a regular file; never waits, whatever `path` names.
///
/// # Errors
/// The system's; a refusal of what is no regular file.
pub fn open(options: &mut OpenOptions, path: &Path) -> Result<File> {
    let file = options.custom_flags(libc::O_NONBLOCK).open(path).step_on("open", path)?;
    match file.metadata().step_on("stat", path)?.is_file() {
        true => Ok(file),
        false => Err(Failure::refusal("open", path, "not a regular file")),
    }
}

/// Whether `file` is a thermometer: `Ok(false)` if it may become one, since it is empty or has no
/// magic number yet.
///
/// # Errors
/// A refusal of every other file, in a sentence.
pub fn is_published(file: &File, path: &Path) -> Result<bool> {
    let refuse = |why: String| Err(Failure::refusal("read", path, why));
    match file.metadata().step_on("stat", path)?.len() {
        0 => return Ok(false),
        length if length != SIZE as u64 => {
            return refuse(format!("not a thermometer: {length} bytes instead of {SIZE}"));
        }
        _ => {}
    }
    match Reader::of(file).step_on("mmap", path)?.tag() {
        (0, _) => Ok(false),
        (MAGIC, VERSION) => Ok(true),
        (MAGIC, version) => refuse(format!("a thermometer of version {version}, not {VERSION}")),
        _ => refuse("not a thermometer: another magic number".into()),
    }
}

/// Gives the file its size and blocks on the disk: what a full disk refuses, it refuses here with
/// `ENOSPC`, where a store to a hole would be SIGBUS.
///
/// # Errors
/// `ENOSPC`, `EFBIG`, `EDQUOT`.
pub fn reserve(file: &File, path: &Path) -> Result<()> {
    posix_fallocate(file, 0, SIZE as libc::off_t).step_on("posix_fallocate", path)
}

/// Takes the writer's place: `false` if another process has it. It is free again when the process
/// ends, however it ends.
///
/// # Errors
/// `ENOLCK`, `EINVAL` where the file system has no locks.
pub fn take_writers_place(file: &File, path: &Path) -> Result<bool> {
    match fcntl(file, FcntlArg::F_OFD_SETLK(&whole_file(libc::F_WRLCK))) {
        Ok(_) => Ok(true),
        Err(nix::Error::EAGAIN | nix::Error::EACCES) => Ok(false),
        Err(error) => Err(error).step_on("fcntl F_OFD_SETLK", path),
    }
}

/// Whether somebody measures: asks for the lock's holder and takes nothing.
///
/// # Errors
/// As [`take_writers_place`].
pub fn has_writer(file: &File, path: &Path) -> Result<bool> {
    let mut lock = whole_file(libc::F_RDLCK);
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut lock)).step_on("fcntl F_OFD_GETLK", path)?;
    Ok(libc::c_int::from(lock.l_type) != libc::F_UNLCK)
}

/// A thermometer of a story's own, published and without a reading.
pub(crate) fn demonstration(path: &Path) -> Result<File> {
    let file = open(OpenOptions::new().read(true).write(true).create_new(true), path)?;
    reserve(&file, path)?;
    Writer::of(&file).step_on("mmap", path)?.announce();
    Ok(file)
}

fn whole_file(kind: libc::c_int) -> libc::flock {
    let kind = libc::c_short::try_from(kind).unwrap_or_default(); // Three small numbers.
    libc::flock { l_type: kind, l_whence: 0, l_start: 0, l_len: 0, l_pid: 0 } // From 0 to the end.
}
