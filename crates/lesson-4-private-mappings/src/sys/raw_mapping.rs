//! `mmap` with any arguments, and the calls that change a mapping. `just prove 4` uses it.
//!
//! # Safety
//! A [`RawMapping`] owns its addresses, as a `PrivateMapping` does: nothing else unmaps or moves them
//! while it lives. It lends no references but to atomics, each for one load or store.
#![expect(unsafe_code, reason = "no crate passes these arguments")]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// A mapping made with exactly the arguments given.
pub struct RawMapping {
    pub(super) start: *mut AtomicU8,
    pub(super) length: usize,
}

impl RawMapping {
    /// `mmap(NULL, length, prot, flags, fd, 0)`.
    ///
    /// # Errors
    /// The kernel's; `EINVAL` for `MAP_FIXED`, which could replace memory in use.
    pub fn map(length: usize, prot: i32, flags: i32, fd: RawFd) -> io::Result<Self> {
        if flags & libc::MAP_FIXED != 0 {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        // SAFETY: with a null address and without MAP_FIXED no memory in use is replaced.
        let start = unsafe { libc::mmap(ptr::null_mut(), length, prot, flags, fd, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { start: start.cast(), length })
    }

    /// `mprotect(start, length, prot)`.
    ///
    /// # Errors
    /// The kernel's.
    pub fn protect(&self, prot: i32) -> io::Result<()> {
        // SAFETY: the range is this mapping's. A load or store that the new protection forbids
        // raises SIGSEGV, and references to its atomics last for one load or store only.
        done(unsafe { libc::mprotect(self.start.cast(), self.length, prot) })
    }

    /// `madvise(start + offset, length, advice)`, for the five kinds of advice that this lesson uses.
    ///
    /// # Errors
    /// The kernel's; `ENOMEM` if part of the range is not mapped.
    ///
    /// # Panics
    /// If the advice is of another kind, or would discard memory outside this mapping.
    pub fn advise(&self, offset: usize, length: usize, advice: i32) -> io::Result<()> {
        let populates = [libc::MADV_POPULATE_READ, libc::MADV_POPULATE_WRITE].contains(&advice);
        let discards = [libc::MADV_DONTNEED, libc::MADV_DONTNEED_LOCKED, libc::MADV_FREE];
        let discards = discards.contains(&advice);
        assert!(populates || discards && offset + length <= self.length, "advice {advice}");
        let start = self.start.wrapping_add(offset);
        // SAFETY: populating changes no byte, wherever the range lies. Discarding changes bytes of
        // this mapping only, as another process might: only atomics are ever lent of them.
        done(unsafe { libc::madvise(start.cast(), length, advice) })
    }

    /// `mlock(start, length)`.
    ///
    /// # Errors
    /// `ENOMEM` or `EPERM` if `RLIMIT_MEMLOCK` forbids it.
    pub fn lock(&self) -> io::Result<()> {
        // SAFETY: locking changes no byte.
        done(unsafe { libc::mlock(self.start.cast(), self.length) })
    }

    /// `read(fd, start + offset, length)`: here the kernel stores to the mapping.
    ///
    /// # Errors
    /// The kernel's.
    pub fn read_from(&self, fd: BorrowedFd<'_>, offset: usize, length: usize) -> io::Result<usize> {
        assert!(offset + length <= self.length, "the buffer must be the mapping's");
        let buffer = self.start.wrapping_add(offset);
        // SAFETY: the buffer is inside this mapping, checked above; we use its bytes as atomics only.
        let count = unsafe { libc::read(fd.as_raw_fd(), buffer.cast(), length) };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }

    /// `write(fd, start + offset, length)`: here the kernel loads from the mapping.
    ///
    /// # Errors
    /// The kernel's; `EFAULT` if the first of these pages lies past the end of the mapped file.
    pub fn write_to(&self, fd: BorrowedFd<'_>, offset: usize, length: usize) -> io::Result<usize> {
        assert!(offset + length <= self.length, "the buffer must be the mapping's");
        let buffer = self.start.wrapping_add(offset);
        // SAFETY: the buffer is inside this mapping, checked above; the kernel only loads from it.
        let count = unsafe { libc::write(fd.as_raw_fd(), buffer.cast(), length) };
        usize::try_from(count).map_err(|_| io::Error::last_os_error())
    }

    /// Loads one byte; the mapping must be readable.
    pub fn load(&self, index: usize) -> u8 {
        self.byte(index).load(Relaxed)
    }

    /// Stores one byte; the mapping must be writable.
    pub fn store(&self, index: usize, byte: u8) {
        self.byte(index).store(byte, Relaxed);
    }

    /// The address of the first byte.
    pub fn address(&self) -> usize {
        self.start.addr()
    }

    fn byte(&self, index: usize) -> &AtomicU8 {
        assert!(index < self.length, "byte {index} of {}", self.length);
        // SAFETY: `index` is inside the mapping, which lives as long as `self`; an AtomicU8 may
        // change at any moment. If the protection forbids the access, it raises SIGSEGV.
        unsafe { &*self.start.wrapping_add(index) }
    }
}

impl Drop for RawMapping {
    fn drop(&mut self) {
        // SAFETY: the range is this mapping's, and no reference into it outlives `self`.
        // If it fails, the pages stay mapped and unused: `drop` cannot return an error.
        let _ = unsafe { libc::munmap(self.start.cast(), self.length) };
    }
}

/// `mlockall(MCL_FUTURE)`: every later mapping of this process is locked in memory when it is made.
///
/// # Errors
/// `EPERM` if `RLIMIT_MEMLOCK` is 0.
pub fn lock_future_mappings() -> io::Result<()> {
    // SAFETY: locking changes no byte.
    done(unsafe { libc::mlockall(libc::MCL_FUTURE) })
}

pub(super) fn done(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
