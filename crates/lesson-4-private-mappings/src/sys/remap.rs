//! `munmap` of a part, and `mremap`: shortens, moves, grows or duplicates a mapping. `just prove 4`
//! uses it.
//!
//! # Safety
//! A call that changes a mapping's address or length takes it by `&mut`, so nothing borrows from it.
//! Afterwards `start` and `length` describe what is mapped.
#![expect(unsafe_code, reason = "memmap2 moves no private mapping to a given address")]

use std::io;
use std::mem::ManuallyDrop;

use super::raw_mapping::{RawMapping, done};

impl RawMapping {
    /// `munmap` of the last `length` bytes, which are whole pages.
    ///
    /// # Errors
    /// The kernel's.
    pub fn unmap_end(&mut self, length: usize) -> io::Result<()> {
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
    /// The kernel's.
    pub fn move_elsewhere(&mut self) -> io::Result<()> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let target = ManuallyDrop::new(Self::map(self.length, 0, flags, -1)?);
        let how = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
        // SAFETY: the target is an unused mapping of our own of the same length, and `&mut self`:
        // nothing borrows from the old addresses.
        let start =
            unsafe { libc::mremap(self.start.cast(), self.length, self.length, how, target.start) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        self.start = start.cast();
        Ok(())
    }

    /// `mremap(start, length, longer, MREMAP_MAYMOVE)`: the same mapping with more pages of the file.
    ///
    /// # Errors
    /// The kernel's.
    pub fn grow(&mut self, longer: usize) -> io::Result<()> {
        assert!(longer > self.length, "growing makes a mapping longer");
        let how = libc::MREMAP_MAYMOVE;
        // SAFETY: the old range is this mapping's, `&mut self`: nothing borrows from it; the kernel
        // chooses free addresses.
        let start = unsafe { libc::mremap(self.start.cast(), self.length, longer, how) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        (self.start, self.length) = (start.cast(), longer);
        Ok(())
    }

    /// `mremap(start, 0, length, MREMAP_MAYMOVE)`: a second mapping of the same pages.
    ///
    /// # Errors
    /// `EINVAL` if the mapping is private.
    pub fn duplicate(&self) -> io::Result<Self> {
        let how = libc::MREMAP_MAYMOVE;
        // SAFETY: an old size of 0 leaves the old mapping alone; the kernel chooses free addresses.
        let start = unsafe { libc::mremap(self.start.cast(), 0, self.length, how) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { start: start.cast(), length: self.length })
    }
}
