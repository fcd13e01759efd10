//! A file that only this run can reach, and its bytes in place: read by descriptor, mapped as
//! `&[u8]`.
//!
//! # Safety
//! A `&[u8]` promises that its bytes stay as they are while it lives, and that loading them is no
//! SIGBUS. An [`OwnFile`] has no name (or one in the run's own directory, mode 0700), is never
//! written to or cut after it was made, and its descriptor never leaves this program: nobody else
//! changes it or makes it shorter. What remains is who goes through /proc/PID/fd as this user or as
//! root. That is also why `FILE` is copied and not measured where it lies: others may write it.
//!
//! A mapping owns the descriptor's pages for reading only, and every advice that is given here
//! leaves each byte what it is.
#![expect(unsafe_code, reason = "slices over a file's own pages")]

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::{Deref, Range};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use common::{Context, Result, Scratch};
use memmap2::{Advice, Mmap, MmapOptions};
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};

/// A file of this run's own.
pub(crate) struct OwnFile {
    file: File,
    length: usize,
}

/// Some of its pages in this process's address space.
pub(crate) struct Mapping(Mmap);

impl OwnFile {
    /// Writes `bytes` to a new file, `piece` bytes a `write`, and through to the disk, so that no
    /// write-back disturbs what comes. `path` names it for a moment only: killed at whatever point,
    /// the run leaves no gigabyte behind.
    ///
    /// # Errors
    /// `ENOSPC` on a full disk; `open`'s, `write`'s and `fsync`'s own.
    pub(crate) fn write_nameless(path: &Path, bytes: &[u8], piece: usize) -> Result<Self> {
        let mut options = File::options();
        options.read(true).write(true).create_new(true);
        let mut file = options.open(path).step_on("create", path)?;
        fs::remove_file(path).step_on("remove", path)?;
        for piece in bytes.chunks(piece) {
            file.write_all(piece).step_on("write", path)?;
        }
        file.sync_all().step_on("fsync", path)?;
        Ok(Self { file, length: bytes.len() })
    }

    /// Opens a file that this run has written into its own directory.
    ///
    /// # Errors
    /// `open`'s and `fstat`'s own.
    pub(crate) fn open(_its_directory: &Scratch, path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
        Ok(Self { file, length })
    }

    /// The file itself.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Bytes in it.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Opens it once more: a position and a readahead of its own, as in a program that has just
    /// started.
    ///
    /// # Errors
    /// `open`'s own.
    pub(crate) fn again(&self) -> Result<Self> {
        let path = PathBuf::from(format!("/proc/self/fd/{}", self.file.as_raw_fd()));
        let file = File::open(&path).step_on("open", &path)?;
        Ok(Self { file, length: self.length })
    }

    /// Maps a range of its bytes, with `MAP_POPULATE` if `populate`.
    ///
    /// # Errors
    /// `ENOMEM` without room in the address space.
    pub(crate) fn map(&self, range: Range<usize>, populate: bool) -> io::Result<Mapping> {
        let range = range.start.min(self.length)..range.end.min(self.length);
        let mut options = MmapOptions::new();
        options.offset(range.start as u64).len(range.len());
        if populate {
            options.populate();
        }
        // SAFETY: nobody writes to the file or makes it shorter, as the preface says, and the range
        // ends where the file ends.
        unsafe { options.map(&self.file) }.map(Mapping)
    }

    /// Puts its pages out of the page cache, as far as the kernel lets them go: they are on the disk
    /// since the file was made.
    ///
    /// # Errors
    /// `posix_fadvise`'s own.
    pub(crate) fn evict(&self) -> io::Result<()> {
        Ok(posix_fadvise(&self.file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)?)
    }
}

impl Mapping {
    /// Tells the kernel how the pages will be used.
    ///
    /// # Errors
    /// `EINVAL` where the kernel does not know the advice.
    pub(crate) fn advise(&self, advice: Advice) -> io::Result<()> {
        self.0.advise(advice)
    }

    /// `MADV_COLLAPSE`: the page cache's small pages into huge ones, with the same bytes.
    ///
    /// # Errors
    /// `EINVAL` where the file system does not do it; `ENOMEM` or `EAGAIN` without free huge pages.
    pub(crate) fn collapse(&self) -> io::Result<()> {
        let start = self.0.as_ptr().cast_mut().cast();
        // SAFETY: the mapping's own range; the bytes stay what they are.
        let result = unsafe { libc::madvise(start, self.0.len(), libc::MADV_COLLAPSE) };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// How many of its pages are in the page cache. None is touched.
    ///
    /// # Errors
    /// `mincore`'s own.
    pub(crate) fn cached(&self) -> io::Result<usize> {
        let resident = page_view::resident(self.0.as_ptr().addr(), self.0.len())?;
        Ok(resident.into_iter().filter(|resident| *resident).count())
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}
