//! The limit on what a program has allocated: in its work directory, however deep and under whichever
//! modes, and in files without a name.
//!
//! Every name is resolved below the work directory's own descriptor, without links: a program that
//! swaps a directory for a link leads nobody elsewhere.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use common::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::unistd::{Pid, geteuid};
use tracer::{LimitExceeded, SharedTable, look, threads};

/// How many files are counted.
const MOST_FILES: usize = 10_000;
/// How many directories deep.
const MOST_LEVELS: usize = 64;

/// How much may be allocated in a work directory.
pub(crate) struct DiskLimit {
    /// Opened for this alone.
    directory: File,
    bytes_before: u64,
    limit: u64,
}

impl DiskLimit {
    pub(crate) fn new(path: &Path, limit: u64) -> Result<Self> {
        let directory = File::open(path).step_on("open", path)?;
        let bytes_before = match allocated(&directory).step_on("list", path)? {
            Allocated::Bytes(bytes) => bytes,
            // An earlier run of the program has left them, and the first look ends this one.
            Allocated::Uncounted => 0,
        };
        Ok(Self { directory, bytes_before, limit })
    }

    /// Kills all processes if they have allocated more. What cannot be counted is too much.
    ///
    /// # Errors
    /// Those of the file system, and of looking at the processes' descriptors.
    pub(crate) fn enforce(&self, table: &SharedTable) -> io::Result<()> {
        let processes = table.lock().processes()?; // Unlocked again: counting takes its time.
        let exceeded = match allocated(&self.directory)? {
            Allocated::Bytes(named) => {
                let bytes = named + unlinked(&processes)?;
                let most = self.bytes_before + self.limit;
                (bytes > most).then_some(LimitExceeded::Disk(self.limit))
            }
            Allocated::Uncounted => Some(LimitExceeded::Files(MOST_FILES, MOST_LEVELS)),
        };
        if let Some(exceeded) = exceeded {
            table.lock().end(exceeded);
        }
        Ok(())
    }
}

/// The allocated bytes of files without a name that these processes have open.
fn unlinked(processes: &[Pid]) -> io::Result<u64> {
    let mut found = BTreeMap::new();
    for process in processes {
        // The descriptors of a process whose first thread has ended are seen through another one.
        for thread in threads(*process)? {
            let path = format!("/proc/{thread}/fd");
            let Some(descriptors) = look(thread, &path, fs::read_dir(&path))? else { continue };
            let mut any = false;
            for entry in descriptors {
                let Some(entry) = look(thread, &path, entry)? else { break };
                any = true;
                let file = look(thread, &path, fs::metadata(entry.path()))?;
                let file = file.filter(|file| file.is_file() && file.nlink() == 0);
                found.extend(file.map(|file| ((file.dev(), file.ino()), file.blocks() * 512)));
            }
            if any {
                break;
            }
        }
    }
    Ok(found.values().sum())
}

/// What lies in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Allocated {
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
fn allocated(top: &File) -> io::Result<Allocated> {
    let (mut bytes, mut files) = (0, 0);
    let mut pending = vec![(PathBuf::from("."), 0)];
    while let Some((path, level)) = pending.pop() {
        let Some(directory) = open(top, &path)? else { continue };
        let Some(entries) = unless_gone(fs::read_dir(path_of(&directory)))? else { continue };
        for entry in entries {
            let Some(entry) = unless_gone(entry)? else { break };
            let Some(found) = unless_gone(entry.metadata())? else { continue };
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
    let opened = resolve(top, path, OFlag::O_PATH | OFlag::O_DIRECTORY);
    let Some(found) = unless_gone(opened.map(File::from).map_err(io::Error::from))? else {
        return Ok(None);
    };
    // Root reads it as it is.
    if !geteuid().is_root() && found.metadata()?.mode() & 0o700 != 0o700 {
        set_mode(&found, 0o700)?;
    }
    let opened = resolve(top, path, OFlag::O_RDONLY | OFlag::O_DIRECTORY);
    unless_gone(opened.map_err(io::Error::from))
}

/// Nothing, where the program has removed, moved, replaced or closed it in this moment: the next look
/// finds it as it is then.
fn unless_gone<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) => match error.raw_os_error().map(Errno::from_raw) {
            // EAGAIN: something was renamed while the path was walked.
            Some(
                Errno::ENOENT
                | Errno::ENOTDIR
                | Errno::ELOOP
                | Errno::EXDEV
                | Errno::EAGAIN
                | Errno::EACCES,
            ) => Ok(None),
            _ => Err(error),
        },
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
