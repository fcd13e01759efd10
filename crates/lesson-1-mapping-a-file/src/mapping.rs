//! Maps a file with one call: `mmap` and its six arguments. `cargo lesson-1` shows what they do.
//!
//! # Safety
//! A [`Mapping`] owns its pages: no other code unmaps or replaces them while it lives. So every
//! byte of `0..length` stays mapped. Other processes may store to these bytes at any moment.
//! Therefore every byte is loaded and stored as an atomic, and there is never a `&[u8]` to them
//! (lesson 2 says why). A page past the end of the file is not memory: an access is SIGBUS, which
//! [`past_the_end`](crate::past_the_end) shows. A `Mapping` checks the file's length when it maps
//! the file. After that it relies on every process to leave the file at least that long. No program
//! can check that for itself.
#![expect(unsafe_code, reason = "the call itself is the lesson")]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// Bytes of a file as memory, shared with every process that maps them.
pub struct Mapping {
    start: *mut AtomicU8,
    length: usize,
}

impl Mapping {
    /// Maps the first `length` bytes of `file`, which must be open for reading and writing.
    ///
    /// # Errors
    /// As [`Mapping::part`].
    pub fn of(file: &File, length: usize) -> io::Result<Self> {
        Self::part(file, 0, length)
    }

    /// Maps `length` bytes of `file` from byte `offset` on, which must be the first of a page.
    ///
    /// # Errors
    /// `EINVAL` if `length` is 0 or `offset` is not a multiple of the page size, `EACCES` if the
    /// file is not open for reading and writing, `ENODEV` if it cannot be mapped (a file in `/sys`,
    /// for example), `ENOMEM` if there are not enough addresses, and `InvalidInput` if the file ends
    /// before the range does.
    pub fn part(file: &File, offset: u64, length: usize) -> io::Result<Self> {
        if offset.saturating_add(length as u64) > file.metadata()?.len() {
            let sentence = "the file is too short to map";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, sentence));
        }

        let addr = ptr::null_mut(); // Let the kernel choose the address.
        let prot = libc::PROT_READ | libc::PROT_WRITE; // Allow loads and stores.
        let flags = libc::MAP_SHARED; // Stores change the file.
        let fd = file.as_raw_fd(); // Needed only during this call.
        let offset = offset as libc::off_t; // Where in the file. It is at most the file's length.

        // SAFETY: with a null address and without MAP_FIXED the kernel takes only free addresses,
        // so it replaces no memory that Rust knows of.
        let start = unsafe { libc::mmap(addr, length, prot, flags, fd, offset) };

        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { start: start.cast(), length })
    }

    /// Loads `count` bytes, beginning at byte `offset` of the mapping.
    ///
    /// # Panics
    /// If the range reaches past the mapping's length.
    pub fn load(&self, offset: usize, count: usize) -> Vec<u8> {
        (offset..offset + count).map(|index| self.byte(index).load(Relaxed)).collect()
    }

    /// Stores `bytes`, beginning at byte `offset` of the mapping.
    ///
    /// # Panics
    /// If the range reaches past the mapping's length.
    pub fn store(&self, offset: usize, bytes: &[u8]) {
        for (index, byte) in (offset..).zip(bytes) {
            self.byte(index).store(*byte, Relaxed);
        }
    }

    /// The address of the mapping's first byte.
    pub fn address(&self) -> usize {
        self.start.addr()
    }

    fn byte(&self, index: usize) -> &AtomicU8 {
        assert!(index < self.length, "byte {index} of a mapping of {} bytes", self.length);
        // SAFETY: `index < length` was asserted above, and the bytes `start..start + length` are
        // mapped for loads and stores until `drop`. An `&AtomicU8` allows other threads and
        // processes to store to the byte.
        unsafe { &*self.start.wrapping_add(index) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range is the one that `mmap` returned, and no reference into it outlives
        // `self`. The result is dropped: the call fails only if it would have to split a larger
        // mapping and the process has too many (`ENOMEM`). Then the pages stay mapped.
        unsafe { libc::munmap(self.start.cast(), self.length) };
    }
}
