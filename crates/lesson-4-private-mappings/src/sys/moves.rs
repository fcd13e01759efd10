//! `munmap` of a part and `mremap`: a mapping cut, moved, duplicated. `just prove 4` uses it.
//!
//! # Safety
//! What changes a mapping's place or length takes it by `&mut`, so that nothing borrows from it, and
//! leaves `start` and `length` saying what is mapped.
#![expect(unsafe_code, reason = "memmap2 moves no mapping to a place of our choice")]

use std::io;
use std::mem::ManuallyDrop;

use super::bare::{Bare, done};

impl Bare {
    /// `munmap` of the last `length` bytes, whole pages: the mapping gets shorter.
    ///
    /// # Errors
    /// Whatever the kernel says.
    pub fn cut(&mut self, length: usize) -> io::Result<()> {
        assert!(length < self.length, "something must be left");
        let end = self.start.wrapping_add(self.length - length);
        // SAFETY: the range is the end of this mapping, and `&mut self`: nothing borrows from it.
        done(unsafe { libc::munmap(end.cast(), length) })?;
        self.length -= length;
        Ok(())
    }

    /// `mremap(start, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere)`: the same mapping
    /// at another address.
    ///
    /// # Errors
    /// Whatever the kernel says.
    pub fn moved(&mut self) -> io::Result<()> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let room = ManuallyDrop::new(Self::map(self.length, 0, flags, -1)?);
        let how = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
        // SAFETY: the new place is a mapping of our own of the same length, made for this and never
        // touched; `&mut self`: nothing borrows from the old one.
        let start =
            unsafe { libc::mremap(self.start.cast(), self.length, self.length, how, room.start) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        self.start = start.cast();
        Ok(())
    }

    /// `mremap(start, 0, length, MREMAP_MAYMOVE)`: a second mapping of the same pages.
    ///
    /// # Errors
    /// `EINVAL` if the mapping is private.
    pub fn duplicate(&self) -> io::Result<Self> {
        let how = libc::MREMAP_MAYMOVE;
        // SAFETY: an old size of 0 leaves the old mapping alone, and the kernel finds the place.
        let start = unsafe { libc::mremap(self.start.cast(), 0, self.length, how) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { start: start.cast(), length: self.length })
    }
}
