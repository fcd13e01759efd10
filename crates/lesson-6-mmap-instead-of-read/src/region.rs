//! A mapping to ask the kernel about: `mmap`, `madvise` and `mincore` with nothing smoothed over,
//! so that every error can be met. The claims use it; programs use `view.rs`.
//!
//! # Safety
//! A [`Region`] owns the addresses that it maps, and every call is kept inside them: advice may
//! throw away bytes of the region, never anyone else's. Its bytes are loaded and stored as atomics.
#![expect(unsafe_code, reason = "bare calls on memory of its own")]

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::ptr;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// Addresses mapped by one bare `mmap`.
pub struct Region {
    start: *mut AtomicU8,
    length: usize,
}

impl Region {
    /// `mmap(NULL, length, protection, flags, file, 0)`.
    ///
    /// # Errors
    /// `EINVAL` for length 0, `ENODEV` or `EIO` for what cannot be mapped, `ENOMEM` without room.
    pub fn of(
        file: impl AsFd,
        length: usize,
        protection: libc::c_int,
        flags: libc::c_int,
    ) -> io::Result<Self> {
        Self::map(length, protection, flags, file.as_fd().as_raw_fd())
    }

    /// Memory of no file.
    ///
    /// # Errors
    /// As [`Region::of`].
    pub fn anonymous(length: usize, protection: libc::c_int) -> io::Result<Self> {
        Self::map(length, protection, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1)
    }

    fn map(length: usize, prot: libc::c_int, flags: libc::c_int, fd: i32) -> io::Result<Self> {
        // SAFETY: a null address without MAP_FIXED: no memory that Rust knows of is replaced.
        let start =
            unsafe { libc::mmap(ptr::null_mut(), length, prot, flags & !libc::MAP_FIXED, fd, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { start: start.cast(), length })
    }

    /// Where it begins.
    pub fn address(&self) -> usize {
        self.start.addr()
    }

    /// `madvise(start + offset, length, advice)`. What is out of bounds is refused by the kernel
    /// or by an assertion, never done.
    ///
    /// # Errors
    /// `madvise(2)`, ERRORS: that is what this is for.
    pub fn advise(&self, offset: usize, length: usize, advice: libc::c_int) -> io::Result<()> {
        assert!(self.holds(offset, length) || self.wraps(length), "inside the region");
        let start = self.start.wrapping_byte_add(offset).cast();
        // SAFETY: inside the region, whose bytes nobody holds a reference to, or refused.
        done(unsafe { libc::madvise(start, length, advice) })
    }

    /// `mincore(start + offset, length, vector)`, with its errors; without a vector, at address 0.
    pub fn resident(
        &self,
        offset: usize,
        length: usize,
        vector: Option<&mut [u8]>,
    ) -> io::Result<()> {
        let room = vector.as_ref().map_or(0, |vector| vector.len() * common::page_size());
        assert!(vector.is_none() || length <= room || self.wraps(length), "room");
        let start = self.start.wrapping_byte_add(offset).cast();
        let vector = vector.map_or(ptr::null_mut(), <[u8]>::as_mut_ptr);
        // SAFETY: writes a byte for each page, for which there is room, or fails: the null vector
        // and the absurd length are refused.
        done(unsafe { libc::mincore(start, length, vector) })
    }

    /// `mlock(start, length)`, with the errors of `mlock(2)`.
    pub fn lock(&self) -> io::Result<()> {
        // SAFETY: changes no byte.
        done(unsafe { libc::mlock(self.start.cast(), self.length) })
    }

    /// `munmap(start + offset, length)`: a hole, which anyone may map to.
    ///
    /// # Errors
    /// `EINVAL` if `offset` is not a page's.
    ///
    /// # Safety
    /// - The process has one thread, and maps nothing more while this region lives: what it maps
    ///   there would be unmapped with the region.
    pub unsafe fn unmap(&self, offset: usize, length: usize) -> io::Result<()> {
        assert!(self.holds(offset, length), "inside the region");
        // SAFETY: inside the region, whose bytes nobody holds a reference to.
        done(unsafe { libc::munmap(self.start.wrapping_byte_add(offset).cast(), length) })
    }

    /// `write(file, start + offset, length)`: the region as a system call's buffer.
    ///
    /// # Errors
    /// `EFAULT` where the file has no bytes; `write(2)`, ERRORS.
    pub fn write_to(&self, file: impl AsFd, offset: usize, length: usize) -> io::Result<usize> {
        assert!(self.holds(offset, length), "inside the region");
        let start = self.start.wrapping_byte_add(offset).cast();
        // SAFETY: the kernel reads the region's bytes, and checks each page itself.
        let written = unsafe { libc::write(file.as_fd().as_raw_fd(), start, length) };
        usize::try_from(written).map_err(|_| io::Error::last_os_error())
    }

    /// Loads a byte, which the protection must allow.
    pub fn load(&self, offset: usize) -> u8 {
        self.byte(offset).load(Relaxed)
    }

    /// Stores a byte, which the protection must allow.
    pub fn store(&self, offset: usize, byte: u8) {
        self.byte(offset).store(byte, Relaxed);
    }

    fn holds(&self, offset: usize, length: usize) -> bool {
        offset.checked_add(length).is_some_and(|end| end <= self.length)
    }

    /// Whether a range of `length`, "negative" to C, runs past the last address there can be: the
    /// kernel refuses it whole, which is what a claim wants to see.
    fn wraps(&self, length: usize) -> bool {
        self.address().checked_add(length).is_none()
    }

    fn byte(&self, offset: usize) -> &AtomicU8 {
        assert!(offset < self.length, "inside the region");
        // SAFETY: inside the region; what the protection or the file forbids is a signal.
        unsafe { &*self.start.wrapping_add(offset) }
    }
}

fn done(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the range that `mmap` returned, to which no reference outlives `self`.
        unsafe { libc::munmap(self.start.cast(), self.length) };
    }
}
