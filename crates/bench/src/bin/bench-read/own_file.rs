//! A file that only this run can reach, and its bytes in place: read through a descriptor, mapped as
//! `&[u8]`.
//!
//! # Safety
//! A `&[u8]` promises that its bytes do not change while it lives. An [`OwnFile`] is unlinked, or lies
//! in the run's own directory of mode 0700. After it was written, nobody writes to it or truncates it:
//! this program does neither, and its descriptor never leaves this program. The file can still be
//! reached through `/proc/PID/fd`, by this user and by root; a run trusts both. That is also why `FILE`
//! is copied and not mapped: others may write to it.
//!
//! A mapping is read-only, and no advice that is given here changes a byte.
#![expect(unsafe_code, reason = "slices over a file's own pages")]

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::{Deref, Range};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

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
    /// Writes `bytes` to a new file, `piece` bytes at a time, and calls `fsync`, so that no writeback
    /// disturbs a measurement. The file is unlinked at once: a run that is killed leaves no gigabyte
    /// behind.
    ///
    /// # Errors
    /// `ENOSPC` on a full disk; those of `open`, `write` and `fsync`.
    pub(crate) fn write_unnamed(path: &Path, bytes: &[u8], piece: usize) -> Result<Self> {
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
    /// Those of `open` and `fstat`.
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

    /// Opens the file once more: with a position and a readahead state of its own, as in a program
    /// that has just started.
    ///
    /// # Errors
    /// Those of `open`.
    pub(crate) fn reopen(&self) -> Result<Self> {
        let path = PathBuf::from(format!("/proc/self/fd/{}", self.file.as_raw_fd()));
        let file = File::open(&path).step_on("open", &path)?;
        Ok(Self { file, length: self.length })
    }

    /// Maps a range of the file, with `MAP_POPULATE` if `populate`.
    ///
    /// # Errors
    /// `ENOMEM` if the address space is full.
    pub(crate) fn map(&self, range: Range<usize>, populate: bool) -> io::Result<Mapping> {
        let range = range.start.min(self.length)..range.end.min(self.length);
        let mut options = MmapOptions::new();
        options.offset(range.start as u64).len(range.len());
        if populate {
            options.populate();
        }
        // SAFETY: nobody writes to the file or truncates it, as the preface says, and the range ends
        // no later than the file (`min` above).
        unsafe { options.map(&self.file) }.map(Mapping)
    }

    /// `MADV_COLLAPSE`: puts the page cache's small pages into huge ones, with the same bytes. The call
    /// wants the file mapped at a multiple of a huge page's size.
    ///
    /// # Errors
    /// `EINVAL` if the file system cannot; `ENOMEM` or `EAGAIN` if no huge page is free.
    pub(crate) fn collapse(&self, huge_page: usize) -> io::Result<()> {
        let room = MmapOptions::new().len(self.length + huge_page).map_anon()?;
        let aligned = room.as_ptr().addr().next_multiple_of(huge_page);
        drop(room);
        let (hint, fd) = (std::ptr::without_provenance_mut(aligned), self.file.as_raw_fd());
        // SAFETY: without MAP_FIXED the address is a hint, and nothing that is mapped is replaced.
        let start =
            unsafe { libc::mmap(hint, self.length, libc::PROT_READ, libc::MAP_SHARED, fd, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the range is the mapping from above, and the advice changes no byte.
        let result = unsafe { libc::madvise(start, self.length, libc::MADV_COLLAPSE) };
        let error = io::Error::last_os_error();
        // SAFETY: the range is the mapping from above, to which there is no reference.
        unsafe { libc::munmap(start, self.length) };
        if result == 0 { Ok(()) } else { Err(error) }
    }

    /// Evicts the file's pages from the page cache, as far as the kernel lets them go. All of them are
    /// clean: `fsync` has written them.
    ///
    /// # Errors
    /// Those of `posix_fadvise`.
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

    /// How many of the mapping's pages are in the page cache. No page is touched.
    ///
    /// # Errors
    /// Those of `mincore`.
    pub(crate) fn cached(&self) -> io::Result<usize> {
        let resident = page_view::resident(self.0.as_ptr().addr(), self.0.len())?;
        Ok(resident.into_iter().filter(|resident| *resident).count())
    }
}

/// Two ways to copy. `memcpy` needs the promise of the preface; the loop does not, so it is the copy for
/// files that others may write.
impl Mapping {
    /// Copies from `offset` on to `buffer` with `memcpy`.
    pub(crate) fn copy(&self, offset: usize, buffer: &mut [u8]) {
        buffer.copy_from_slice(&self[offset..][..buffer.len()]);
    }

    /// Copies from `offset` on to `buffer`, 8 bytes at a time by atomic loads. `offset` is a multiple
    /// of 8.
    pub(crate) fn copy_words(&self, offset: usize, buffer: &mut [u8]) {
        let source = &self[offset..][..buffer.len()];
        let (words, rest) = buffer.as_chunks_mut::<8>();
        let tail = words.len() * 8;
        let mut from = source.as_ptr().cast::<AtomicU64>().cast_mut();
        debug_assert!(from.is_aligned(), "offset {offset} is no multiple of 8");
        for word in words {
            // SAFETY: `from` is inside `source`, which has at least `tail` bytes, and is aligned: the
            // mapping begins at a page, and `offset` is a multiple of 8. Nobody stores to it.
            let loaded = unsafe { AtomicU64::from_ptr(from.cast()) }.load(Relaxed);
            *word = loaded.to_ne_bytes();
            from = from.wrapping_add(1);
        }
        rest.copy_from_slice(&source[tail..]);
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_copies_bring_the_bytes_of_the_file() {
        let scratch = course::scratch();
        let bytes: Vec<u8> = (0..=250).cycle().take(10_005).collect();
        let file = OwnFile::write_unnamed(&scratch.path().join("file"), &bytes, 4 << 10).unwrap();
        let mapping = file.map(0..file.len(), false).unwrap();
        for (offset, length) in [(0, 10_005), (8, 64), (4 << 10, 5909), (16, 3), (0, 0)] {
            for copy in [Mapping::copy, Mapping::copy_words] {
                let mut buffer = vec![0; length];
                copy(&mapping, offset, &mut buffer);
                assert_eq!(buffer, bytes[offset..][..length]);
            }
        }
    }
}
