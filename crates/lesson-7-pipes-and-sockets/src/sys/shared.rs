//! A file that two processes map, handed out as atomics. `cargo lesson-7` talks through several.
//!
//! # Safety
//! A [`Shared`] owns its mapping, and what it hands out borrows from it. The other process may store to
//! any byte at any moment, so nothing here hands out a reference to plain data. If another process
//! shrinks the file, a load becomes SIGBUS (lesson 6): the process ends, and no memory of Rust's is harmed.
#![expect(unsafe_code, reason = "references into memory that another process maps")]

use std::fs::File;
use std::io;

use memmap2::{MmapOptions, MmapRaw};

use crate::atomics::{AtomicU32, AtomicU64};

/// The start of a file, mapped shared.
pub struct Shared(MmapRaw);

impl Shared {
    /// Maps the first `length` bytes of `file`.
    ///
    /// # Errors
    /// `EACCES` if the file is not open for both reading and writing, `ENODEV`, `ENOMEM`.
    pub fn of(file: &File, length: usize) -> io::Result<Self> {
        MmapOptions::new().len(length).map_raw(file).map(Self)
    }

    /// The address of the mapping's first byte.
    pub fn address(&self) -> usize {
        self.0.as_ptr().addr()
    }

    /// The 32-bit word at byte `offset`.
    ///
    /// # Panics
    /// If it is not aligned or not in the mapping.
    pub fn word(&self, offset: usize) -> &AtomicU32 {
        let word = self.checked::<AtomicU32>(offset, 1);
        // SAFETY: `checked` has shown that the word is mapped and aligned; any bits are a u32, and an
        // atomic may be shared with anyone, for as long as `self` keeps the mapping.
        unsafe { &*word }
    }

    /// `count` 64-bit words from byte `offset` on.
    ///
    /// # Panics
    /// If they are not aligned or not in the mapping.
    pub fn words(&self, offset: usize, count: usize) -> &[AtomicU64] {
        let first = self.checked::<AtomicU64>(offset, count);
        // SAFETY: as in `word`, for each of them: `checked` has shown that the whole range is mapped.
        unsafe { std::slice::from_raw_parts(first, count) }
    }

    /// Where `count` values of `T` begin, if all of them are in the mapping and aligned.
    fn checked<T>(&self, offset: usize, count: usize) -> *const T {
        let end = count.checked_mul(size_of::<T>()).and_then(|bytes| bytes.checked_add(offset));
        let length = self.0.len();
        assert!(
            end.is_some_and(|end| end <= length),
            "{count} words at {offset} of {length} bytes"
        );
        // The mapping begins at a page, so an offset is aligned as its address is.
        assert!(offset.is_multiple_of(align_of::<T>()), "byte {offset} is not aligned");
        self.0.as_ptr().wrapping_add(offset).cast()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_outside_the_mapping_or_not_aligned_is_refused() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(64).unwrap();
        let shared = Shared::of(&file, 64).unwrap();
        assert_eq!((shared.words(0, 8).len(), shared.words(64, 0).len()), (8, 0));
        let refused = |offset, count| {
            let words = std::panic::AssertUnwindSafe(|| shared.words(offset, count).len());
            std::panic::catch_unwind(words).is_err()
        };
        // The last count, times 8, wraps to 8.
        for (offset, count) in [(0, 9), (8, 8), (4, 1), (4, 0), (0, (1 << 61) + 1)] {
            assert!(refused(offset, count), "{count} words at {offset}");
        }
    }
}
