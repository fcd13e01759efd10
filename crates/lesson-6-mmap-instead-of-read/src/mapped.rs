//! A mapping in place of `read`, the simple way: right until somebody makes the file shorter, and
//! then the process is dead. `guarded.rs` is the repair. `cargo lesson-6` shows both.

use std::fs::File;
use std::io::{self, Read};

use crate::View;

/// Reads a file through a mapping of all of it. Truncate the file, and the next load is SIGBUS.
pub struct Mapped {
    view: View,
    offset: usize,
}

impl Mapped {
    /// Maps the first `length` bytes of `file`; the descriptor is not needed any more.
    ///
    /// # Errors
    /// As [`View::of`].
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
