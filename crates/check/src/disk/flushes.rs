//! What a call flushes of a file, as the manual pages promise it; told at the call's entry.
//!
//! Not here, because they promise no durability: `msync` with `MS_ASYNC` or with 0, `munmap`,
//! `close`, `sync_file_range`.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use common::{Context, Failure, Result, page_size};
use nix::unistd::Pid;
use procfs::ProcError;
use procfs::process::{MMapPath, Process, VmFlags};
use tracer::{Call, FileId, MECHANISM, Opened};

use super::Flush;

/// The file whose fate is followed.
pub struct Flushes {
    path: PathBuf,
}

impl Flushes {
    /// Of the file at `path`, which need not exist yet.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        Self { path: path.into() }
    }

    /// What `call` flushes of the file if it succeeds; `None` if that is nothing.
    ///
    /// # Errors
    /// The process's descriptors or mappings cannot be looked at.
    pub fn by(&self, pid: Pid, call: &Call) -> Result<Option<Flush>> {
        let named = || Flush { name: true, ranges: everything(), ..Flush::default() };
        let flush = match call.number {
            libc::SYS_msync => self.by_msync(pid, call)?,
            libc::SYS_fsync | libc::SYS_fdatasync => self.by_fsync(pid, call)?,
            libc::SYS_sync => Some(named()),
            libc::SYS_syncfs => {
                let device = opened(pid, call)?.map(|opened| opened.file.device);
                let ours = Self::identity(&self.path)?.map(|file| file.device);
                (device.is_some() && device == ours).then(named)
            }
            _ => None,
        };
        flush.map(|flush| Ok(Flush { content: self.content()?, ..flush })).transpose()
    }

    /// What the file holds now, as every process sees it; nothing, if there is no file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn content(&self) -> Result<Vec<u8>> {
        /// More than any ledger of the checks; a terabyte that a program has made must not be read.
        const MOST: u64 = 1 << 20;
        let mut content = Vec::new();
        if let Some(file) = self.open()? {
            file.take(MOST).read_to_end(&mut content).step_on("read", &self.path)?;
        }
        Ok(content)
    }

    /// The file, if there is one now, and it is a regular one that its owner may read.
    ///
    /// # Errors
    /// Those of `open`. What the file holds is not known then.
    pub fn open(&self) -> Result<Option<File>> {
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let file = match File::options().read(true).custom_flags(flags).open(&self.path) {
            Ok(file) => file,
            Err(error) => match error.raw_os_error() {
                // A link, or a socket. EACCES: the program has changed the file's mode.
                Some(libc::ENOENT | libc::ENOTDIR | libc::ELOOP | libc::ENXIO | libc::EACCES) => {
                    return Ok(None);
                }
                _ => return Err(error).step_on("open", &self.path),
            },
        };
        Ok(file.metadata().step_on("stat", &self.path)?.is_file().then_some(file))
    }

    fn identity(path: &Path) -> Result<Option<FileId>> {
        FileId::at(path).step_on("look at", path)
    }

    fn by_fsync(&self, pid: Pid, call: &Call) -> Result<Option<Flush>> {
        let Some(opened) = opened(pid, call)? else { return Ok(None) };
        let directory = self.path.parent().map(Self::identity).transpose()?.flatten();
        if directory == Some(opened.file) {
            // The directory's bytes are its entries; this one's must be there already.
            return Ok(Some(Flush { name: self.open()?.is_some(), ..Flush::default() }));
        }
        // `fdatasync` keeps what is needed to read the file's bytes, and promises no more.
        let name = call.number == libc::SYS_fsync;
        let whole = Flush { ranges: everything(), name, ..Flush::default() };
        Ok((Some(opened.file) == Self::identity(&self.path)?).then_some(whole))
    }

    /// The parts of the file that `msync(MS_SYNC)` reaches: those that are mapped shared in its
    /// range, through a descriptor that may write. Through another it returns 0 and flushes
    /// nothing.
    fn by_msync(&self, pid: Pid, call: &Call) -> Result<Option<Flush>> {
        let [start, length, flags, ..] = call.arguments;
        if flags & u64::from(libc::MS_SYNC.cast_unsigned()) == 0 {
            return Ok(None);
        }
        let end = start.saturating_add(length);
        let end = end.checked_next_multiple_of(page_size() as u64).unwrap_or(u64::MAX);
        let mut ranges = Vec::new();
        let mappings = Process::new(pid.as_raw()).and_then(|process| process.smaps());
        let mappings = match mappings {
            Ok(mappings) => mappings,
            Err(_) if tracer::is_ending(pid) => return Ok(None),
            Err(error) => return Err(refused(pid, error)),
        };
        for mapping in mappings {
            let of_file = matches!(&mapping.pathname, MMapPath::Path(path) if *path == self.path);
            let from = mapping.address.0.max(start);
            let to = mapping.address.1.min(end);
            if of_file && mapping.extension.vm_flags.contains(VmFlags::SH) && from < to {
                let at = |address: u64| offset(address - mapping.address.0 + mapping.offset);
                ranges.push(at(from)..at(to));
            }
        }
        Ok(Some(Flush { ranges, ..Flush::default() }))
    }
}

/// The mappings cannot be looked at.
fn refused(pid: Pid, error: ProcError) -> Failure {
    let path = PathBuf::from(format!("/proc/{pid}/smaps"));
    let error = match error {
        ProcError::PermissionDenied(_) => io::Error::from_raw_os_error(libc::EACCES),
        ProcError::Io(error, _) => error,
        other => io::Error::other(other.to_string()),
    };
    match Err::<(), _>(error).step_on("read", &path) {
        Err(failure) => failure,
        Ok(()) => Failure::refusal("read", &path, "unknown"),
    }
}

/// All bytes, however many there will be.
fn everything() -> Vec<std::ops::Range<usize>> {
    std::iter::once(0..usize::MAX).collect()
}

fn opened(pid: Pid, call: &Call) -> Result<Option<Opened>> {
    let [descriptor, ..] = call.arguments;
    // A descriptor is an int: the kernel looks at the lower half only.
    let descriptor = u32::try_from(descriptor & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    Opened::by(pid, descriptor.cast_signed()).step(MECHANISM)
}

fn offset(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
