//! A private mapping of a file. Each page is the file's page until the first store copies it.
//! `cargo lesson-4` shows what that means.
//!
//! # Safety
//! "Private" sounds like memory that only we can change. It is not. A page that this process has not
//! stored to *is* the file's page, and changes when any process writes to the file. So the rule for
//! shared memory holds here too: never a `&[u8]`; load and store bytes as atomics.
//! `memmap2` marks `map_copy` unsafe because its result lends such slices. A [`PrivateMapping`] turns
//! that result into an `MmapRaw`, which lends none, before anything is borrowed.
//! There is no page past the end of the file. An access there raises SIGBUS, which ends the
//! process, as `cargo lesson-4` shows in step 8.
#![expect(unsafe_code, reason = "map_copy returns what lends slices, and atomics need a pointer")]

use std::fs::File;
use std::hint::black_box;
use std::io;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use common::page_size;
use memmap2::{Advice, MmapOptions, MmapRaw, UncheckedAdvice};

/// The first bytes of a file. Stores change this mapping only, never the file.
pub struct PrivateMapping {
    memory: MmapRaw,
    writable: bool,
}

impl PrivateMapping {
    /// `mmap(…, PROT_READ | PROT_WRITE, MAP_PRIVATE, …)`; `file` need only be open for reading.
    ///
    /// # Errors
    /// `EACCES` if the file is not open for reading; `ENODEV` if it cannot be mapped; `ENOMEM` if
    /// the kernel refuses to promise that much memory for copies, or `RLIMIT_DATA` forbids it.
    pub fn of(file: &File, length: usize) -> io::Result<Self> {
        Self::with(MmapOptions::new().len(length), file)
    }

    /// Like [`of`](Self::of), with options: `options.populate()` is `MAP_POPULATE`.
    ///
    /// # Errors
    /// As [`of`](Self::of). A page that could not be populated is no error.
    pub fn with(options: &MmapOptions, file: &File) -> io::Result<Self> {
        // SAFETY: its slices are never borrowed: it becomes an MmapRaw, which lends none.
        let memory = unsafe { options.map_copy(file) }?;
        Ok(Self { memory: memory.into(), writable: true })
    }

    /// `mmap(…, PROT_READ, MAP_PRIVATE, …)`.
    ///
    /// # Errors
    /// As [`of`](Self::of), but the kernel promises no memory for copies.
    pub fn read_only(options: &MmapOptions, file: &File) -> io::Result<Self> {
        // SAFETY: its slices are never borrowed: it becomes an MmapRaw, which lends none.
        let memory = unsafe { options.map_copy_read_only(file) }?;
        Ok(Self { memory: memory.into(), writable: false })
    }

    /// `madvise(…, MADV_POPULATE_WRITE)`: copies the pages of `length` bytes from `offset` on.
    ///
    /// # Errors
    /// `EFAULT` if a page lies past the end of the file, `EINVAL` if the mapping is not writable.
    pub fn copy_pages(&self, offset: usize, length: usize) -> io::Result<()> {
        let outcome = self.memory.advise_range(Advice::PopulateWrite, offset, length);
        let unknown = || outcome.as_ref().is_err_and(|e| e.raw_os_error() == Some(libc::EINVAL));
        if self.writable && unknown() {
            self.copy_by_hand(offset, length); // Linux before 5.14 does not know this advice.
            return Ok(());
        }
        outcome
    }

    /// Copies the same pages without `madvise`: stores to each page a byte that it already has.
    /// A page past the end of the file raises SIGBUS.
    ///
    /// # Panics
    /// If the range reaches past the mapping's length, or the mapping is read-only.
    pub fn copy_by_hand(&self, offset: usize, length: usize) {
        assert!(self.writable, "a store through a read-only mapping");
        // The compiler may remove a `fetch_or(0)`, because it changes no byte. A volatile load hides
        // from the compiler that this is 0, so it has to keep the store.
        let none: u8 = 0;
        // SAFETY: `none` is a local variable, initialised and aligned.
        let no_bits = unsafe { ptr::read_volatile(&raw const none) };
        for page in offset / page_size()..(offset + length).div_ceil(page_size()) {
            self.byte(page * page_size()).fetch_or(no_bits, Relaxed);
        }
    }

    /// `madvise(…, MADV_POPULATE_READ)`: makes entries in the page table and copies no page.
    ///
    /// # Errors
    /// `EFAULT` if a page lies past the end of the file, `EINVAL` before Linux 5.14.
    pub fn populate_read(&self, offset: usize, length: usize) -> io::Result<()> {
        self.memory.advise_range(Advice::PopulateRead, offset, length)
    }

    /// `madvise(…, MADV_DONTNEED)`: discards the copies; the file's pages are back.
    ///
    /// # Errors
    /// `EINVAL` if the pages are locked in memory.
    pub fn discard_copies(&self, offset: usize, length: usize) -> io::Result<()> {
        // SAFETY: it changes bytes, as another process may at any moment. Nothing is borrowed from
        // the mapping but atomics, each for one load or store.
        unsafe { self.memory.unchecked_advise_range(UncheckedAdvice::DontNeed, offset, length) }
    }

    /// `msync(…, MS_SYNC)`: succeeds and writes nothing.
    ///
    /// # Errors
    /// None that this mapping can cause.
    pub fn flush(&self) -> io::Result<()> {
        self.memory.flush()
    }

    /// Loads one byte.
    ///
    /// # Panics
    /// If `index` lies past the mapping's length.
    pub fn load(&self, index: usize) -> u8 {
        self.byte(index).load(Relaxed)
    }

    /// Loads the first byte of each of the first `pages` pages.
    ///
    /// # Panics
    /// If the mapping has fewer pages.
    pub fn load_each_page(&self, pages: usize) {
        for page in 0..pages {
            black_box(self.load(page * page_size())); // The compiler may drop an unused load.
        }
    }

    /// Loads `count` bytes from `offset` on, as text.
    ///
    /// # Panics
    /// If the range reaches past the mapping's length.
    pub fn text(&self, offset: usize, count: usize) -> String {
        (offset..offset + count).map(|index| char::from(self.load(index))).collect()
    }

    /// Stores `bytes` from `offset` on. The first store to a page copies that page.
    ///
    /// # Panics
    /// If the range reaches past the mapping's length, or the mapping is read-only.
    pub fn store(&self, offset: usize, bytes: &[u8]) {
        assert!(self.writable, "a store through a read-only mapping");
        for (index, byte) in (offset..).zip(bytes) {
            self.byte(index).store(*byte, Relaxed);
        }
    }

    /// The address of the first byte.
    pub fn address(&self) -> usize {
        self.memory.as_ptr().addr()
    }

    /// All addresses of the mapping.
    pub fn addresses(&self) -> Range<usize> {
        self.address()..self.address() + self.memory.len()
    }

    fn byte(&self, index: usize) -> &AtomicU8 {
        assert!(index < self.memory.len(), "byte {index} of {}", self.memory.len());
        let byte = self.memory.as_mut_ptr().wrapping_add(index).cast::<AtomicU8>();
        // SAFETY: `index` is inside the mapping, which lives as long as `self`; an AtomicU8 has a
        // byte's size and alignment and may change at any moment. Read-only mappings are only
        // loaded from, `Relaxed` and one byte at a time, which Rust allows.
        unsafe { &*byte }
    }
}
