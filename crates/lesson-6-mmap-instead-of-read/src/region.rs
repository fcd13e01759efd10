//! A mapping for the claims: bare `mmap`, `madvise` and `mincore`, so that every error can be seen.
//! The commands of the lesson use `view.rs` instead.
//!
//! # Safety
//! - A [`Region`] owns the addresses that it maps, and every call is kept inside them. Advice may
//!   discard bytes of the region, but no other bytes.
//! - The bytes are loaded and stored as atomics.
#![expect(unsafe_code, reason = "bare system calls on a mapping of its own")]

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::ptr;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// What one call of `mmap` has mapped.
pub struct Region {
    start: *mut AtomicU8,
    length: usize,
}

impl Region {
    /// `mmap(NULL, length, protection, flags, file, 0)`.
    ///
    /// # Errors
    /// `EINVAL` for length 0; `ENODEV` or `EIO` if the file cannot be mapped; `ENOMEM` if there is no
    /// room for it.
    pub fn of(
        file: impl AsFd,
        length: usize,
        protection: libc::c_int,
        flags: libc::c_int,
    ) -> io::Result<Self> {
        Self::map(length, protection, flags, file.as_fd().as_raw_fd())
    }

    /// Maps memory without a file.
    ///
    /// # Errors
    /// Those of [`Region::of`].
    pub fn anonymous(length: usize, protection: libc::c_int) -> io::Result<Self> {
        Self::map(length, protection, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1)
    }

    fn map(length: usize, prot: libc::c_int, flags: libc::c_int, fd: i32) -> io::Result<Self> {
        // SAFETY: a null address without MAP_FIXED: the kernel chooses free addresses.
        let start =
            unsafe { libc::mmap(ptr::null_mut(), length, prot, flags & !libc::MAP_FIXED, fd, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { start: start.cast(), length })
    }

    /// The address of the first byte.
    pub fn address(&self) -> usize {
        self.start.addr()
    }

    /// `madvise(start + offset, length, advice)`. A range outside the region is refused, by the
    /// kernel or by an assertion.
    ///
    /// # Errors
    /// All of `madvise(2)`, ERRORS.
    pub fn advise(&self, offset: usize, length: usize, advice: libc::c_int) -> io::Result<()> {
        assert!(self.holds(offset, length) || self.wraps(length), "inside the region");
        let start = self.start.wrapping_byte_add(offset).cast();
        // SAFETY: inside the region, to whose bytes no reference is held; or the kernel refuses it.
        done(unsafe { libc::madvise(start, length, advice) })
    }

    /// `mincore(start + offset, length, vector)`. Without a vector it passes a null pointer.
    ///
    /// # Errors
    /// All of `mincore(2)`, ERRORS.
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
        // SAFETY: writes one byte for each page, and the vector has room. The kernel refuses a null
        // vector and a range that wraps.
        done(unsafe { libc::mincore(start, length, vector) })
    }

    /// `mlock(start, length)`.
    ///
    /// # Errors
    /// Those of `mlock(2)`.
    pub fn lock(&self) -> io::Result<()> {
        // SAFETY: changes no byte.
        done(unsafe { libc::mlock(self.start.cast(), self.length) })
    }

    /// `munmap(start + offset, length)`: makes a gap in the region.
    ///
    /// # Errors
    /// `EINVAL` if `offset` is not a multiple of the page size.
    ///
    /// # Safety
    /// - The process has one thread and maps nothing more while this region lives. A new mapping
    ///   in the gap would be unmapped with the region.
    pub unsafe fn unmap(&self, offset: usize, length: usize) -> io::Result<()> {
        assert!(self.holds(offset, length), "inside the region");
        // SAFETY: inside the region, to whose bytes no reference is held.
        done(unsafe { libc::munmap(self.start.wrapping_byte_add(offset).cast(), length) })
    }

    /// `write(file, start + offset, length)`: the region is the buffer of the call.
    ///
    /// # Errors
    /// `EFAULT` if a page is past the end of the file; others of `write(2)`.
    pub fn write_to(&self, file: impl AsFd, offset: usize, length: usize) -> io::Result<usize> {
        assert!(self.holds(offset, length), "inside the region");
        let start = self.start.wrapping_byte_add(offset).cast();
        // SAFETY: the kernel reads bytes of the region, and checks each page.
        let written = unsafe { libc::write(file.as_fd().as_raw_fd(), start, length) };
        usize::try_from(written).map_err(|_| io::Error::last_os_error())
    }

    /// Loads a byte. The protection must permit it.
    pub fn load(&self, offset: usize) -> u8 {
        self.byte(offset).load(Relaxed)
    }

    /// Stores a byte. The protection must permit it.
    pub fn store(&self, offset: usize, byte: u8) {
        self.byte(offset).store(byte, Relaxed);
    }

    fn holds(&self, offset: usize, length: usize) -> bool {
        offset.checked_add(length).is_some_and(|end| end <= self.length)
    }

    /// Whether a range of `length` bytes would run past the largest address. The kernel refuses
    /// such a range, and a claim shows that.
    fn wraps(&self, length: usize) -> bool {
        self.address().checked_add(length).is_none()
    }

    fn byte(&self, offset: usize) -> &AtomicU8 {
        assert!(offset < self.length, "inside the region");
        // SAFETY: inside the region. If the protection or the file forbids the access, it is a signal.
        unsafe { &*self.start.wrapping_add(offset) }
    }
}

fn done(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the range that `mmap` returned; no reference to its bytes outlives `self`.
        unsafe { libc::munmap(self.start.cast(), self.length) };
    }
}
