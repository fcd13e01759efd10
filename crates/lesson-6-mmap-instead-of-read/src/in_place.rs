//! Counted where it lies: the mapping as a `&[u8]`, nothing copied. This is what most programs do
//! that map their input, and what the fast figures of mapping are made of. `cargo lesson-6` shows
//! the time of it beside the others'.
//!
//! # Safety
//! A `&[u8]` is a promise to the compiler that the bytes stay as they are while it lives. No
//! operating system keeps it for a file: whoever may write the file may break it, a private mapping
//! is no snapshot, and a lock binds only those who ask for it. So [`count_in_place`] is `unsafe`
//! and its caller answers for everybody who can open the file.
//!
//! The doubt, in writing: for a file named by a user this contract cannot be proven, only hoped
//! for. With a writer at work one sees a wrong count and nothing worse; what the language promises
//! then is nothing. The roles of this lesson therefore read through a `View`, and only a
//! [`Nameless`] file is counted in place.
#![expect(unsafe_code, reason = "a slice over a file's own pages")]

use std::fs::{self, File};
use std::io;
use std::path::Path;

use common::{Context, Result};
use memmap2::MmapOptions;

use crate::cost::write_lines;

/// Counts the newlines in the first `length` bytes of `file`, in place.
///
/// # Errors
/// As [`View::of`](crate::View::of).
///
/// # Safety
/// - Nobody, in this or any other process, writes to the file or truncates it until this returns.
pub unsafe fn count_in_place(file: &File, length: usize) -> io::Result<u64> {
    // SAFETY: the contract above is the one that `map` asks for, and the mapping ends here.
    let bytes = unsafe { MmapOptions::new().len(length).map(file) }?;
    Ok(memchr::memchr_iter(b'\n', &bytes).count() as u64)
}

/// A file whose name is gone and whose descriptor never leaves this value: what is left is
/// `/proc/PID/fd`, for this user and root.
pub struct Nameless {
    file: File,
    length: usize,
}

impl Nameless {
    /// Writes lines to a new file at `path`, in a directory of this user's own, and takes its name.
    ///
    /// # Errors
    /// As [`write_lines`].
    pub fn write(path: &Path, length: usize, piece: usize) -> Result<Self> {
        let file = write_lines(path, length, piece)?;
        fs::remove_file(path).step_on("remove", path)?;
        Ok(Self { file, length })
    }

    /// Counts its newlines, in place.
    ///
    /// # Errors
    /// `ENOMEM` without room in the address space.
    pub fn count(&self) -> io::Result<u64> {
        // SAFETY: no method of this type writes to it, and without a name it is opened by nobody
        // who does not go out of their way, through /proc/PID/fd.
        unsafe { count_in_place(&self.file, self.length) }
    }
}
