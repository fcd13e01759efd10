//! A file's bytes in memory that others may write to at any moment: how to load from it.
//! `cargo lesson-6 count FILE` counts through one.
//!
//! # Safety
//! A [`View`] owns its read-only mapping, so `0..len` stays mapped while it lives. Any process that
//! may write the file may store to these bytes: no `&[u8]` to them is ever made, because the
//! compiler may load a byte of one twice and rely on seeing the same value. Every load here is a
//! `Relaxed` atomic one of at most a word, which Rust allows on read-only memory; the bytes are
//! looked at only after they were copied to a buffer of our own. Each word is some value that the
//! file had there; two words may be of different times.
//!
//! A view promises nothing about the length. Where the file has become shorter the load is SIGBUS:
//! `mapped.rs` dies of it, `guard.rs` does not.
#![expect(unsafe_code, reason = "loads from memory that another process may write")]

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed};

use memmap2::{Advice, MmapOptions, MmapRaw};

const WORD: usize = size_of::<usize>();

/// A shared, read-only mapping of a file.
pub struct View(MmapRaw);

impl View {
    /// Maps the first `length` bytes of `file`, which is open for reading.
    ///
    /// # Errors
    /// `ENODEV` if `file` is a directory, a pipe, a socket or on a file system that maps nothing;
    /// `EIO` for much of /proc; `ENOMEM` if the address space has no room; `EACCES` if `file` is
    /// not open for reading. The empty file's `EINVAL` does not come: memmap2 maps a page of it.
    pub fn of(file: &File, length: usize) -> io::Result<Self> {
        MmapOptions::new().len(length).map_raw_read_only(file).map(Self)
    }

    /// Bytes in view; never 0 for a file that has any.
    #[allow(clippy::len_without_is_empty, reason = "an empty view is of no use to ask about")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Where the mapping begins.
    pub fn address(&self) -> usize {
        self.0.as_ptr().addr()
    }

    /// Tells the kernel how the view will be used.
    ///
    /// # Errors
    /// `EFAULT` if [`Advice::PopulateRead`] meets a page past the end of the file.
    pub fn advise(&self, advice: Advice) -> io::Result<()> {
        self.0.advise(advice)
    }

    /// Copies the bytes from `offset` on to `buffer`: whole words in the middle, bytes at the ends.
    ///
    /// # Panics
    /// If the range reaches past the view.
    pub fn copy_to(&self, offset: usize, buffer: &mut [u8]) {
        let fits = offset.checked_add(buffer.len()).is_some_and(|end| end <= self.len());
        assert!(fits, "{} bytes from {offset} of a view of {}", buffer.len(), self.len());
        let until_aligned = (offset.next_multiple_of(WORD) - offset).min(buffer.len());
        let (head, rest) = buffer.split_at_mut(until_aligned);
        let (words, tail) = rest.as_chunks_mut::<WORD>();
        let mut from = self.0.as_ptr().wrapping_add(offset);
        for byte in head {
            // SAFETY: inside the view, by the assertion: the source advances with the buffer.
            *byte = unsafe { load_byte(from) };
            from = from.wrapping_add(1);
        }
        for word in words {
            // SAFETY: inside the view as above, and aligned: the view begins at a page, and `head`
            // has brought the source to a multiple of a word.
            *word = unsafe { load_word(from) }.to_ne_bytes();
            from = from.wrapping_add(WORD);
        }
        for byte in tail {
            // SAFETY: as for `head`.
            *byte = unsafe { load_byte(from) };
            from = from.wrapping_add(1);
        }
    }
}

/// # Safety
/// - `from` is a byte of a [`View`] that lives.
unsafe fn load_byte(from: *const u8) -> u8 {
    // SAFETY: mapped and readable by the contract; whoever writes it may, as the type says.
    unsafe { &*from.cast::<AtomicU8>() }.load(Relaxed)
}

/// # Safety
/// - `from` is the first byte of a word that lies in a [`View`] that lives.
/// - `from` is a multiple of the word's size.
unsafe fn load_word(from: *const u8) -> usize {
    // SAFETY: mapped, readable and aligned by the contract; a relaxed load of a word is one
    // instruction that stores nothing, so read-only memory will do.
    unsafe { &*from.cast::<AtomicUsize>() }.load(Relaxed)
}
