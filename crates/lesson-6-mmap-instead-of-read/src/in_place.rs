//! Counts newlines directly in the mapping, as a `&[u8]`: nothing is copied. Most programs that map
//! their input do this. `cargo lesson-6` measures it, and a `memcpy` from the same slice.
//!
//! # Safety
//! A `&[u8]` promises the compiler that the bytes do not change while it exists. The kernel does
//! not keep that promise for an ordinary file: everyone who may write the file can break it, a
//! private mapping is no snapshot, and a lock binds only programs that ask for the lock. So
//! [`count_in_place`] and [`count_by_memcpy`] are `unsafe`: the caller must know that no process
//! writes to the file.
//!
//! For a file that a user names, nobody can prove this contract. With today's compilers on x86-64, a
//! writer only makes the count wrong, but the language does not promise even that. So the commands
//! of this lesson read through a [`View`](crate::View), and only an [`Unlinked`] file is counted in
//! place.
#![expect(unsafe_code, reason = "a slice over a file's own pages")]

use std::fs::{self, File};
use std::io;
use std::path::Path;

use common::{Context, Result};
use memmap2::MmapOptions;

use crate::cost::write_lines;
use crate::job::PIECE;

/// Counts the newlines in the first `length` bytes of `file`, in place.
///
/// # Errors
/// Those of [`View::of`](crate::View::of).
///
/// # Safety
/// - No process writes to the file or truncates it until this returns.
pub unsafe fn count_in_place(file: &File, length: usize) -> io::Result<u64> {
    // SAFETY: the contract above is the one that `map` asks for, and the mapping ends here.
    let bytes = unsafe { MmapOptions::new().len(length).map(file) }?;
    Ok(newlines(&bytes))
}

/// Copies the first `length` bytes of `file` from a mapping to a buffer, a piece at a time, and
/// counts the newlines there.
///
/// # Errors
/// As [`count_in_place`].
///
/// # Safety
/// - As [`count_in_place`].
pub unsafe fn count_by_memcpy(file: &File, length: usize) -> io::Result<u64> {
    // SAFETY: as in `count_in_place`.
    let bytes = unsafe { MmapOptions::new().len(length).map(file) }?;
    let mut buffer = vec![0; PIECE];
    let count = |piece: &[u8]| {
        let copy = &mut buffer[..piece.len()];
        copy.copy_from_slice(piece);
        newlines(copy)
    };
    Ok(bytes.chunks(PIECE).map(count).sum())
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// A file without a name. Its descriptor never leaves this value, so other processes of this user,
/// and root, can reach the file only through this process, for example through `/proc/PID/fd`.
pub struct Unlinked {
    file: File,
    length: usize,
}

impl Unlinked {
    /// Writes lines to a new file at `path`, in a directory of this user's own, and removes its name.
    ///
    /// # Errors
    /// Those of [`write_lines`], and of `unlink`.
    pub fn write(path: &Path, length: usize, piece: usize) -> Result<Self> {
        let file = write_lines(path, length, piece)?;
        fs::remove_file(path).step_on("remove", path)?;
        Ok(Self { file, length })
    }

    /// Counts its newlines, in place.
    ///
    /// # Errors
    /// `ENOMEM` if the address space has no room.
    pub fn count(&self) -> io::Result<u64> {
        // SAFETY: no method of this type writes to the file, and no other process opens a file
        // without a name by accident: it would have to go through this process.
        unsafe { count_in_place(&self.file, self.length) }
    }

    /// Counts its newlines in a copy that `memcpy` makes.
    ///
    /// # Errors
    /// `ENOMEM` if the address space has no room.
    pub fn count_by_memcpy(&self) -> io::Result<u64> {
        // SAFETY: as in `count`.
        unsafe { count_by_memcpy(&self.file, self.length) }
    }
}
