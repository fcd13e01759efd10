//! One call maps a file: `mmap` and its six arguments. `cargo lesson-1` shows what they do.
//!
//! # Safety
//! A [`Mapping`] owns its pages: nobody else unmaps or replaces them while it lives, so every byte
//! of `0..length` stays readable. Other processes may store to them at any moment; therefore
//! bytes are loaded and stored as atomics, and no `&[u8]` to them is ever made (lesson 2 says why).
//! The pages past the end of the file are not memory: touching them is SIGBUS, which
//! [`past_the_end`](crate::past_the_end) shows. A `Mapping` compares the file's length when it maps
//! and rests on nobody shrinking the file: that much no program can check for itself.
#![expect(unsafe_code, reason = "the call itself is the lesson")]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

/// Bytes of a file, readable and writable in memory, shared with all who map them.
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

    /// Maps `length` bytes of `file` from byte `offset` on, which must be a page's first.
    ///
    /// # Errors
    /// `EINVAL` if `length` is 0 or `offset` is no multiple of the page size, `EACCES` if the file
    /// is not open for both, `ENODEV` if it is not a regular file, `ENOMEM` if there is no room,
    /// and `InvalidInput` if the file ends before the range does.
    pub fn part(file: &File, offset: u64, length: usize) -> io::Result<Self> {
        if offset.saturating_add(length as u64) > file.metadata()?.len() {
            let sentence = "the file is too short to map";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, sentence));
        }

        let addr = ptr::null_mut(); // The kernel chooses where.
        let prot = libc::PROT_READ | libc::PROT_WRITE; // Loads and stores are allowed.
        let flags = libc::MAP_SHARED; // A store is the file's, for all to see.
        let fd = file.as_raw_fd(); // Needed for the call only; closing it changes nothing.
        let offset = offset as libc::off_t; // Where in the file; it fits, as was compared above.

        // SAFETY: with a null address and without MAP_FIXED the kernel takes free addresses, so no
        // memory that Rust knows of is replaced.
        let start = unsafe { libc::mmap(addr, length, prot, flags, fd, offset) };

        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { start: start.cast(), length })
    }

    /// Loads `count` bytes from the byte `offset` of the mapping on.
    ///
    /// # Panics
    /// If the range reaches past the mapping's length.
    pub fn load(&self, offset: usize, count: usize) -> Vec<u8> {
        (offset..offset + count).map(|index| self.byte(index).load(Relaxed)).collect()
    }

    /// Stores `bytes` from the byte `offset` of the mapping on.
    ///
    /// # Panics
    /// If the range reaches past the mapping's length.
    pub fn store(&self, offset: usize, bytes: &[u8]) {
        for (index, byte) in (offset..).zip(bytes) {
            self.byte(index).store(*byte, Relaxed);
        }
    }

    /// Where the mapping begins.
    pub fn address(&self) -> usize {
        self.start.addr()
    }

    fn byte(&self, index: usize) -> &AtomicU8 {
        assert!(index < self.length, "byte {index} of a mapping of {} bytes", self.length);
        // SAFETY: `index < length` was checked above, and the pages of `start..start + length` are
        // mapped readable and writable until `drop`; an AtomicU8 may be shared with anyone.
        unsafe { &*self.start.wrapping_add(index) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range is the one that `mmap` returned, and no reference into it outlives
        // `self`. It can fail only where cutting the range out of a neighbour needs one mapping
        // more than the kernel allows (`ENOMEM`); then the pages stay, owned by nobody.
        unsafe { libc::munmap(self.start.cast(), self.length) };
    }
}
