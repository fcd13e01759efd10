//! A thermometer's file: open it, check it, give it its size, find out whether it has a writer.
//! `cargo lesson-2 measure FILE` and `cargo lesson-2 watch FILE` begin with it.

use std::cmp::Ordering;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use common::{Context, Failure, Result};
use nix::fcntl::{FcntlArg, fcntl, posix_fallocate};

use crate::layout::{MAGIC, SIZE, VERSION};
use crate::sys;
use crate::thermometer::{Reader, Writer};

/// Opens a regular file. Never waits, whatever `path` names.
///
/// # Errors
/// The system's; a refusal of anything that is not a regular file.
pub fn open(options: &mut OpenOptions, path: &Path) -> Result<File> {
    let file = options.custom_flags(libc::O_NONBLOCK).open(path).step_on("open", path)?;
    match file.metadata().step_on("stat", path)?.is_file() {
        true => Ok(file),
        false => Err(Failure::refusal("open", path, "not a regular file")),
    }
}

/// Whether `file` is a thermometer. `Ok(false)` means that it may become one: it is empty, or has
/// no magic number yet.
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

const CUT_SHORT: &str = "another process cut the file short";

/// Refuses a file that another process has cut short or made longer.
///
/// # Errors
/// That refusal, or `fstat`'s own.
pub fn check_size(step: &str, file: &File, path: &Path) -> Result<()> {
    match file.metadata().step_on("stat", path)?.len().cmp(&(SIZE as u64)) {
        Ordering::Equal => Ok(()),
        Ordering::Less => Err(Failure::refusal(step, path, CUT_SHORT)),
        Ordering::Greater => {
            Err(Failure::refusal(step, path, "another process made the file longer"))
        }
    }
}

/// If the file is cut to 0 bytes between [`check_size`] and the load after it, the load is SIGBUS. From
/// now on this process answers SIGBUS with the same sentence as `check_size`, and ends with status
/// 1. Lesson 6 has a guard that lets the program continue.
///
/// # Errors
/// Those of `sigaction`.
pub fn end_cleanly_if_cut_short(step: &str, path: &Path) -> Result<()> {
    sys::end_on_sigbus(format!("error: {step} {path:?}: {CUT_SHORT}\n")).step("sigaction")
}

/// Gives the file its size, and blocks on the disk. A full disk is `ENOSPC` here; a store to a page
/// without blocks would be SIGBUS.
///
/// # Errors
/// `ENOSPC`, `EFBIG`, `EDQUOT`.
pub fn reserve(file: &File, path: &Path) -> Result<()> {
    posix_fallocate(file, 0, SIZE as libc::off_t).step_on("posix_fallocate", path)
}

/// Takes the writer's lock. Returns `false` if another process holds it. The kernel releases the
/// lock when the process ends, for whatever reason.
///
/// # Errors
/// `ENOLCK`, `EINVAL` where the file system has no locks.
pub fn lock_for_writing(file: &File, path: &Path) -> Result<bool> {
    match fcntl(file, FcntlArg::F_OFD_SETLK(&whole_file(libc::F_WRLCK))) {
        Ok(_) => Ok(true),
        Err(nix::Error::EAGAIN | nix::Error::EACCES) => Ok(false),
        Err(error) => Err(error).step_on("fcntl F_OFD_SETLK", path),
    }
}

/// Whether a process holds the writer's lock. Takes no lock itself.
///
/// # Errors
/// As [`lock_for_writing`].
pub fn has_writer(file: &File, path: &Path) -> Result<bool> {
    let mut lock = whole_file(libc::F_RDLCK);
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut lock)).step_on("fcntl F_OFD_GETLK", path)?;
    Ok(libc::c_int::from(lock.l_type) != libc::F_UNLCK)
}

/// A published thermometer without a reading, for the story.
pub(crate) fn demonstration(path: &Path) -> Result<File> {
    let file = open(OpenOptions::new().read(true).write(true).create_new(true), path)?;
    reserve(&file, path)?;
    Writer::of(&file).step_on("mmap", path)?.announce();
    Ok(file)
}

/// A lock on every byte, from 0 to the end.
#[expect(clippy::cast_possible_truncation, reason = "the kinds of locks are 0, 1 and 2")]
fn whole_file(kind: libc::c_int) -> libc::flock {
    libc::flock { l_type: kind as libc::c_short, l_whence: 0, l_start: 0, l_len: 0, l_pid: 0 }
}
