//! A file that two processes map, handed out as atomics. `cargo lesson-7` talks through several.
//!
//! # Safety
//! A [`Shared`] owns its mapping; what it hands out borrows from it. The other process may store to
//! any byte at any moment, so there is no way here to a reference to plain data. A file that somebody
//! shrinks turns a load into SIGBUS (lesson 6): no memory of Rust's is harmed, but the process ends.
#![expect(unsafe_code, reason = "references into memory that another process maps")]

use std::fs::File;
use std::io;

use memmap2::{MmapOptions, MmapRaw};

use crate::atomics::{AtomicU32, AtomicU64};

/// All of a file, mapped shared.
pub struct Shared(MmapRaw);

impl Shared {
    /// Maps the first `length` bytes of `file`.
    ///
    /// # Errors
    /// `EACCES` if the file is not open for both reading and writing, `ENODEV`, `ENOMEM`.
    pub fn of(file: &File, length: usize) -> io::Result<Self> {
        MmapOptions::new().len(length).map_raw(file).map(Self)
    }

    /// The 32-bit word at byte `offset`.
    ///
    /// # Panics
    /// If it is not aligned or not in the mapping.
    pub fn word(&self, offset: usize) -> &AtomicU32 {
        let at = self.place(offset, size_of::<u32>()).cast::<AtomicU32>();
        // SAFETY: `place` has checked that it is mapped and aligned; any bits are a u32, and atomics
        // may be shared with anyone, for as long as `self` keeps the mapping.
        unsafe { &*at }
    }

    /// `count` 64-bit words from byte `offset` on.
    ///
    /// # Panics
    /// If they are not aligned or not in the mapping.
    pub fn words(&self, offset: usize, count: usize) -> &[AtomicU64] {
        let at = self.place(offset, count * size_of::<u64>()).cast::<AtomicU64>();
        // SAFETY: as in `word`, for each of them: `place` has checked the whole range.
        unsafe { std::slice::from_raw_parts(at, count) }
    }

    fn place(&self, offset: usize, bytes: usize) -> *const u8 {
        let fits = offset.checked_add(bytes).is_some_and(|end| end <= self.0.len());
        assert!(fits, "{bytes} bytes from {offset} in {}", self.0.len());
        assert!(offset.is_multiple_of(bytes.clamp(1, 8)), "byte {offset} is not aligned");
        self.0.as_ptr().wrapping_add(offset)
    }
}
