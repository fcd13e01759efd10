//! Reads a file through a mapping, the simple way. If another process truncates the file meanwhile,
//! a load of a lost page kills the reader. `guarded.rs` is the repair. `cargo lesson-6` shows both.

use std::fs::File;
use std::io::{self, Read};

use crate::View;

/// Reads a file through a mapping of the whole file. After a truncation, a load of a lost page is
/// SIGBUS.
pub struct Mapped {
    view: View,
    offset: usize,
}

impl Mapped {
    /// Maps the first `length` bytes of `file`, and closes the descriptor: the mapping stays.
    ///
    /// # Errors
    /// Those of [`View::of`].
    pub fn of(file: File, length: usize) -> io::Result<Self> {
        Ok(Self { view: View::of(&file, length)?, offset: 0 })
    }
}

impl Read for Mapped {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.view.len() - self.offset);
        self.view.copy_to(self.offset, &mut buffer[..length]);
        self.offset += length;
        Ok(length)
    }
}
