//! How much a program has allocated in its work directory, however deep and under whichever modes.
//!
//! Every name is resolved below the work directory's own descriptor, without links: a program that
//! swaps a directory for a link leads nobody elsewhere.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};

/// How many files are counted.
pub(crate) const MOST_FILES: usize = 10_000;
/// How many directories deep.
pub(crate) const MOST_LEVELS: usize = 64;

/// What lies in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Allocated {
    /// So many bytes.
    Bytes(u64),
    /// More files than are counted, or directories deeper than is looked into.
    Uncounted,
}

/// The bytes that are allocated in a directory. A closed directory is
/// opened up: the judge owns it, or is root.
///
/// # Errors
/// Those of the file system; a file that goes away meanwhile is none.
pub(crate) fn allocated(top: &File) -> io::Result<Allocated> {
    let (mut bytes, mut files) = (0, 0);
    let mut pending = vec![(PathBuf::from("."), 0)];
    while let Some((path, level)) = pending.pop() {
        let Some(directory) = open(top, &path)? else { continue };
        for entry in fs::read_dir(path_of(&directory))? {
            let entry = entry?;
            let found = match entry.metadata() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue, // Gone.
                found => found?,
            };
            bytes += found.blocks() * 512;
            files += 1;
            if files > MOST_FILES || (found.is_dir() && level == MOST_LEVELS) {
                return Ok(Allocated::Uncounted);
            }
            if found.is_dir() {
                pending.push((path.join(entry.file_name()), level + 1));
            }
        }
    }
    Ok(Allocated::Bytes(bytes))
}

/// A directory below `top`, opened up if it is closed; `None` if it is gone, or no directory any more.
fn open(top: &File, path: &Path) -> io::Result<Option<OwnedFd>> {
    let readable = OFlag::O_RDONLY | OFlag::O_DIRECTORY;
    let mut opened = resolve(top, path, readable);
    if matches!(opened, Err(Errno::EACCES)) {
        opened = resolve(top, path, OFlag::O_PATH | OFlag::O_DIRECTORY);
        if let Ok(closed) = &opened {
            set_mode(closed, 0o700)?;
            opened = resolve(top, path, readable);
        }
    }
    match opened {
        Ok(opened) => Ok(Some(opened)),
        // EAGAIN: something was renamed while the path was walked.
        Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::EXDEV | Errno::EAGAIN) => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn resolve(top: &File, path: &Path, flags: OFlag) -> nix::Result<OwnedFd> {
    let how = OpenHow::new().flags(flags | OFlag::O_CLOEXEC);
    openat2(top, path, how.resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS))
}

/// `chmod` of an open directory; `fchmod` does not take one that was opened by `O_PATH`.
///
/// # Errors
/// Those of `chmod`.
pub(crate) fn set_mode(directory: impl AsFd, mode: u32) -> io::Result<()> {
    fs::set_permissions(path_of(directory), Permissions::from_mode(mode))
}

/// A path that leads to an open directory, wherever it is.
pub(crate) fn path_of(directory: impl AsFd) -> PathBuf {
    format!("/proc/self/fd/{}", directory.as_fd().as_raw_fd()).into()
}
