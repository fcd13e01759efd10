//! A mapping of our own, to ask `mincore` about. It is never touched, so it adds no entry to any page
//! table, and the smaps of the watched process stay as they were.
//!
//! # Safety
//! The pages are mapped without any access (`PROT_NONE`) and unmapped again. No pointer to them
//! becomes a reference or leaves this module.
#![expect(unsafe_code, reason = "mapping a part of a file without touching it")]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr;

use crate::resident;

/// A part of a file in our address space, without any access.
pub(crate) struct Window {
    address: usize,
    length: usize,
}

impl Window {
    /// `mmap(NULL, length, PROT_NONE, MAP_SHARED, file, offset)`.
    pub(crate) fn on(file: &File, offset: u64, length: usize) -> io::Result<Self> {
        let offset = offset.try_into().map_err(io::Error::other)?;
        let (flags, fd) = (libc::MAP_SHARED, file.as_raw_fd());
        // SAFETY: without MAP_FIXED the kernel takes free addresses, so no memory of Rust's is
        // replaced.
        let start =
            unsafe { libc::mmap(ptr::null_mut(), length, libc::PROT_NONE, flags, fd, offset) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { address: start.addr(), length })
    }

    /// Its first address. `/proc/self/maps` tells what the kernel calls the file mapped there.
    pub(crate) fn address(&self) -> usize {
        self.address
    }

    /// For each page, whether it is in the page cache.
    pub(crate) fn resident(&self) -> io::Result<Vec<bool>> {
        resident(self.address, self.length)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let start = ptr::without_provenance_mut(self.address);
        // SAFETY: the range is the one that mmap returned, and nothing points into it.
        unsafe { libc::munmap(start, self.length) };
    }
}
