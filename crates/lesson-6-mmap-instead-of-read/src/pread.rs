//! Reads a file with `pread`. Each call names its offset, so two readers can share one descriptor.
//! `cargo lesson-6 count --how pread FILE` counts this way.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

/// Reads a file from its start, with `pread`.
pub struct Pread {
    file: File,
    offset: u64,
}

impl Pread {
    /// Starts at the first byte of `file`.
    ///
    /// # Errors
    /// `ESPIPE` if `file` is a pipe or a socket: they have no offsets.
    pub fn of(file: File) -> io::Result<Self> {
        file.read_at(&mut [], 0)?; // Asks for no byte; fails on a pipe even so.
        Ok(Self { file, offset: 0 })
    }
}

impl Read for Pread {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read_at(buffer, self.offset)?;
        self.offset += length as u64;
        Ok(length)
    }
}
