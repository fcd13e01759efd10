//! A file's pages in this process, mapped by memmap2, loaded and stored byte by byte. Every step of
//! `cargo lesson-3` uses it.
//!
//! # Safety
//! A [`Memory`] owns its pages until it is dropped, so every byte of `0..length` stays mapped.
//! Other processes may store to a shared one at any moment, so bytes are loaded and stored as relaxed
//! atomics and no `&[u8]` to them is ever made. If another process shortens the file, an access is
//! SIGBUS, which ends the process and is no undefined behaviour.
#![expect(unsafe_code, reason = "memory that other processes store to")]

use std::fs::File;
use std::io;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use common::page_size;
use memmap2::{MmapOptions, MmapRaw};

use super::done;

/// A file mapped from its first page on.
pub struct Memory {
    map: MmapRaw,
    writable: bool,
}

impl Memory {
    /// `mmap(…, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)`.
    ///
    /// # Errors
    /// `EACCES` if the file is not open for both, `ENODEV` if it cannot be mapped.
    pub fn shared(file: &File) -> io::Result<Self> {
        Ok(Self { map: MmapOptions::new().map_raw(file)?, writable: true })
    }

    /// Like [`Memory::shared`], for the first `length` bytes of the file only.
    ///
    /// # Errors
    /// As [`Memory::shared`].
    pub fn shared_start(file: &File, length: usize) -> io::Result<Self> {
        Ok(Self { map: MmapOptions::new().len(length).map_raw(file)?, writable: true })
    }

    /// `mmap(…, PROT_READ, MAP_SHARED, file, 0)`.
    ///
    /// # Errors
    /// `EACCES` if the file is not open for reading, `ENODEV` if it cannot be mapped.
    pub fn shared_read_only(file: &File) -> io::Result<Self> {
        Ok(Self { map: MmapOptions::new().map_raw_read_only(file)?, writable: false })
    }

    /// `mmap(…, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0)`.
    ///
    /// # Errors
    /// `EACCES` if the file is not open for reading, `ENODEV` if it cannot be mapped.
    pub fn private(file: &File) -> io::Result<Self> {
        // SAFETY: the slice that memmap2 warns of is never made: the map becomes a raw one here.
        let map = unsafe { MmapOptions::new().map_copy(file) }?;
        Ok(Self { map: map.into(), writable: true })
    }

    /// memmap2's own map, for its `flush` and `flush_async`.
    pub fn map(&self) -> &MmapRaw {
        &self.map
    }

    /// The address of its first byte.
    pub fn address(&self) -> usize {
        self.map.as_ptr().addr()
    }

    /// Its length in bytes.
    pub fn length(&self) -> usize {
        self.map.len()
    }

    /// Loads the byte at `offset`.
    ///
    /// # Panics
    /// If `offset` is not below the length.
    pub fn load(&self, offset: usize) -> u8 {
        self.byte(offset).load(Relaxed)
    }

    /// Stores `byte` at `offset`.
    ///
    /// # Panics
    /// If `offset` is not below the length, or the memory may not be stored to.
    pub fn store(&self, offset: usize, byte: u8) {
        assert!(self.writable, "a store to memory that was mapped for reading");
        self.byte(offset).store(byte, Relaxed);
    }

    /// Unmaps some pages in the middle. The rest stays mapped until the process ends. Returns the
    /// address of the first byte.
    ///
    /// # Errors
    /// `ENOMEM` if the process has too many mappings.
    pub fn unmap_pages(self, pages: Range<usize>) -> io::Result<usize> {
        assert!(pages.end * page_size() <= self.length(), "the pages must be its own");
        // Never dropped: that would unmap the gap again, and by then another mapping may be there.
        let map = ManuallyDrop::new(self.map);
        let gap = map.as_mut_ptr().wrapping_add(pages.start * page_size());
        // SAFETY: the pages belong to this map, as just checked. `self` was moved into this function, so
        // nothing can reach them any more.
        let result = unsafe { libc::munmap(gap.cast(), pages.len() * page_size()) };
        done(result).map(|()| map.as_ptr().addr())
    }

    fn byte(&self, offset: usize) -> &AtomicU8 {
        assert!(offset < self.length(), "byte {offset} of {}", self.length());
        // SAFETY: `offset < length` was checked above, the pages stay mapped while `self.map`
        // lives, and an AtomicU8 may be shared with anyone. A page that is mapped for reading is
        // only ever loaded from, relaxed: `store` checks.
        unsafe { &*self.map.as_mut_ptr().wrapping_add(offset).cast::<AtomicU8>() }
    }
}
