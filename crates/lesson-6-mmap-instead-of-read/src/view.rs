//! A read-only mapping of a file whose bytes other processes may change at any moment, and how to
//! load from it. `cargo lesson-6 count FILE` counts through one.
//!
//! # Safety
//! - A [`View`] owns its mapping, so `0..len` stays mapped while the view lives.
//! - Every process that may write the file may store to these bytes. So this module never makes a
//!   `&[u8]` to them: for such a slice the compiler may load a byte twice and rely on equal values.
//! - Every load is a `Relaxed` atomic load of a word or a byte, which Rust permits on read-only
//!   memory. The bytes are used only after they were copied to a buffer of our own.
//!
//! Each word is a value that the file had there at some moment; two words may be of different moments.
//! A view promises nothing about the length: where the file has become shorter, the load is SIGBUS.
//! `mapped.rs` is killed by it, `guard.rs` is not.
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
    /// `ENODEV` if `file` is a directory, a pipe or a Unix socket, or if its file system maps no files;
    /// `EIO` for many files of /proc; `ENOMEM` if the address space has no room; `EACCES` if
    /// `file` is not open for reading. Length 0 is not `EINVAL`: memmap2 maps one page then.
    pub fn of(file: &File, length: usize) -> io::Result<Self> {
        MmapOptions::new().len(length).map_raw_read_only(file).map(Self)
    }

    /// The length in bytes.
    #[allow(clippy::len_without_is_empty, reason = "no caller needs an empty view")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The address of the first byte.
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

    /// Fills `buffer` with the bytes from `offset` on: word by word, and byte by byte at the ends.
    ///
    /// # Panics
    /// If the range reaches past the end of the view.
    pub fn copy_to(&self, offset: usize, buffer: &mut [u8]) {
        let fits = offset.checked_add(buffer.len()).is_some_and(|end| end <= self.len());
        assert!(fits, "{} bytes from {offset} of a view of {}", buffer.len(), self.len());
        let until_aligned = (offset.next_multiple_of(WORD) - offset).min(buffer.len());
        let (head, rest) = buffer.split_at_mut(until_aligned);
        let (words, tail) = rest.as_chunks_mut::<WORD>();
        let mut from = self.0.as_ptr().wrapping_add(offset);
        for byte in head {
            // SAFETY: inside the view, by the assertion: `from` advances with the buffer.
            *byte = unsafe { load_byte(from) };
            from = from.wrapping_add(1);
        }
        for word in words {
            // SAFETY: inside the view, as above. Aligned: the view starts at a page, and the bytes
            // of `head` have brought `from` to a multiple of a word.
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

/// Loads one byte.
///
/// # Safety
/// - `from` is a byte of a live [`View`].
unsafe fn load_byte(from: *const u8) -> u8 {
    // SAFETY: mapped and readable, by the contract. Other processes may store: it is an atomic.
    unsafe { &*from.cast::<AtomicU8>() }.load(Relaxed)
}

/// Loads one word.
///
/// # Safety
/// - `from` is the first byte of a word inside a live [`View`].
/// - `from` is a multiple of the word's size.
unsafe fn load_word(from: *const u8) -> usize {
    // SAFETY: mapped, readable and aligned, by the contract. A relaxed load of a word is one
    // instruction that stores nothing, so it may be used on read-only memory.
    unsafe { &*from.cast::<AtomicUsize>() }.load(Relaxed)
}
