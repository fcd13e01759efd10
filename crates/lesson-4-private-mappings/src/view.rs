//! A private mapping of a file: one view, whose pages are the file's until a store copies them.
//! `cargo lesson-4` shows what that means.
//!
//! # Safety
//! "Private" sounds like memory of our own, and is not: a page that nobody here has stored to *is*
//! the file's page, and changes when any process writes to the file. So the rule for shared memory
//! holds here too: no `&[u8]` to it, ever; bytes are loaded and stored as atomics.
//! `memmap2` marks `map_copy` unsafe because what it returns lends such slices. A [`PrivateView`]
//! turns it into an `MmapRaw`, which lends none, before anything is borrowed.
//! Pages past the end of the file are not memory; touching one is SIGBUS, which ends the process
//! and breaks no rule of Rust's.
#![expect(unsafe_code, reason = "map_copy returns what lends slices, and atomics need a pointer")]

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use common::page_size;
use memmap2::{Advice, MmapOptions, MmapRaw, UncheckedAdvice};

/// The first bytes of a file, changed here as we like; the file and all others keep theirs.
pub struct PrivateView {
    memory: MmapRaw,
    writable: bool,
}

impl PrivateView {
    /// `mmap(…, PROT_READ | PROT_WRITE, MAP_PRIVATE, …)`; `file` need only be open for reading.
    ///
    /// # Errors
    /// `EACCES` if the file is not open for reading; `ENODEV` if it cannot be mapped; `ENOMEM` if
    /// the system does not promise that much memory of our own, or `RLIMIT_DATA` forbids it.
    pub fn of(file: &File, length: usize) -> io::Result<Self> {
        Self::with(MmapOptions::new().len(length), file)
    }

    /// As [`of`](Self::of), with flags: `options.populate()` is `MAP_POPULATE`.
    ///
    /// # Errors
    /// As [`of`](Self::of); that a page could not be populated is not told.
    pub fn with(options: &MmapOptions, file: &File) -> io::Result<Self> {
        // SAFETY: the slices that it could lend are never borrowed: it becomes an MmapRaw here.
        let memory = unsafe { options.map_copy(file) }?;
        Ok(Self { memory: memory.into(), writable: true })
    }

    /// `mmap(…, PROT_READ, MAP_PRIVATE, …)`.
    ///
    /// # Errors
    /// As [`of`](Self::of), but no memory of our own is asked for.
    pub fn read_only(options: &MmapOptions, file: &File) -> io::Result<Self> {
        // SAFETY: as in `with`.
        let memory = unsafe { options.map_copy_read_only(file) }?;
        Ok(Self { memory: memory.into(), writable: false })
    }

    /// `madvise(…, MADV_POPULATE_WRITE)`: copies `length` bytes' pages from `offset` on, now.
    ///
    /// # Errors
    /// `EFAULT` if a page lies past the end of the file, `EINVAL` if the mapping is not writable.
    pub fn copy_now(&self, offset: usize, length: usize) -> io::Result<()> {
        let outcome = self.memory.advise_range(Advice::PopulateWrite, offset, length);
        let unknown = || outcome.as_ref().is_err_and(|e| e.raw_os_error() == Some(libc::EINVAL));
        if self.writable && unknown() {
            self.copy_by_hand(offset, length); // Before Linux 5.14.
            return Ok(());
        }
        outcome
    }

    /// Stores to each page of `length` bytes from `offset` on the byte that is there already: a
    /// page past the end of the file is SIGBUS.
    ///
    /// # Panics
    /// If the range reaches past the mapping's length, or the mapping is read-only.
    pub fn copy_by_hand(&self, offset: usize, length: usize) {
        assert!(self.writable, "a store through a read-only mapping");
        for index in (offset..offset + length).step_by(page_size()) {
            self.byte(index).fetch_or(0, Relaxed);
        }
    }

    /// `madvise(…, MADV_POPULATE_READ)`: brings the pages in, and copies none.
    ///
    /// # Errors
    /// `EFAULT` if a page lies past the end of the file, `EINVAL` before Linux 5.14.
    pub fn bring_in(&self, offset: usize, length: usize) -> io::Result<()> {
        self.memory.advise_range(Advice::PopulateRead, offset, length)
    }

    /// `madvise(…, MADV_DONTNEED)`: throws the copies away; the file's pages are back.
    ///
    /// # Errors
    /// `EINVAL` if the pages are locked in memory.
    pub fn discard(&self, offset: usize, length: usize) -> io::Result<()> {
        // SAFETY: bytes change under our feet, as another process may change them at any moment:
        // nothing is borrowed from the mapping, and each load is an atomic's.
        unsafe { self.memory.unchecked_advise_range(UncheckedAdvice::DontNeed, offset, length) }
    }

    /// `msync(…, MS_SYNC)`: succeeds, and has nothing to write.
    ///
    /// # Errors
    /// None that a mapping of ours can provoke.
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

    /// Loads `count` bytes from `offset` on, as text.
    ///
    /// # Panics
    /// If the range reaches past the mapping's length.
    pub fn text(&self, offset: usize, count: usize) -> String {
        (offset..offset + count).map(|index| char::from(self.load(index))).collect()
    }

    /// Stores `bytes` from `offset` on: the first store to a page copies it.
    ///
    /// # Panics
    /// If the range reaches past the mapping's length, or the mapping is read-only.
    pub fn store(&self, offset: usize, bytes: &[u8]) {
        assert!(self.writable, "a store through a read-only mapping");
        for (index, byte) in (offset..).zip(bytes) {
            self.byte(index).store(*byte, Relaxed);
        }
    }

    /// Where the mapping begins.
    pub fn address(&self) -> usize {
        self.memory.as_ptr().addr()
    }

    /// All its addresses.
    pub fn addresses(&self) -> Range<usize> {
        self.address()..self.address() + self.memory.len()
    }

    fn byte(&self, index: usize) -> &AtomicU8 {
        assert!(index < self.memory.len(), "byte {index} of {}", self.memory.len());
        let byte = self.memory.as_mut_ptr().wrapping_add(index).cast::<AtomicU8>();
        // SAFETY: `index` is inside the mapping, which lives as long as `self`; an AtomicU8 has a
        // byte's size and alignment and may change at any moment. A read-only page is only loaded
        // from, `Relaxed` and one byte wide, which Rust allows.
        unsafe { &*byte }
    }
}
