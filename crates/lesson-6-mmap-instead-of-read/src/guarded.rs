//! Reads a file through a mapping. If the file is truncated meanwhile, this reader returns an error
//! instead of dying. `mapped.rs` is the version that dies. `cargo lesson-6` shows both; `cargo
//! lesson-6 count FILE…` reads this way.
//!
//! This reader promises two things: a truncation does not kill the process, and the guard's zeros are
//! not counted as bytes of the file. It does not promise a snapshot: other processes may write while
//! we read. If the file is cut and grows again between two loads, no signal comes. The loads find zeros
//! or what was written since, as `read` would.

use std::fs::File;
use std::io::{self, Read};

use crate::{Guard, View};

/// Reads a file through a mapping of the whole file, and notices when the file gets shorter.
pub struct Guarded {
    view: Guard,
    offset: usize,
    file: File,
}

impl Guarded {
    /// Maps the first `length` bytes of `file`. Keeps the descriptor, to ask for the length again.
    ///
    /// # Errors
    /// Those of [`View::of`] and [`Guard::over`].
    pub fn of(file: File, length: usize) -> io::Result<Self> {
        Ok(Self { view: Guard::over(View::of(&file, length)?)?, offset: 0, file })
    }

    /// The error for a byte that could not be loaded.
    fn gone(&self, offset: usize) -> io::Error {
        io::Error::other(match self.file.metadata() {
            Ok(now) if now.len() <= offset as u64 => {
                format!("byte {offset} is gone: the file now has {} bytes", now.len())
            }
            // The file has grown again since, or the disk could not deliver the page.
            _ => format!("byte {offset} could not be loaded (SIGBUS)"),
        })
    }
}

impl Read for Guarded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.view.len() - self.offset);
        if length == 0 {
            // A cut inside the last page shows as zeros, without a signal. So ask for the length.
            let now = self.file.metadata()?.len();
            let shorter = now < self.view.len() as u64;
            return if shorter { Err(self.gone(usize::try_from(now).unwrap_or(0))) } else { Ok(0) };
        }
        match self.view.copy_to(self.offset, &mut buffer[..length]) {
            Err(missing) => return Err(self.gone(missing)),
            Ok(()) => self.offset += length,
        }
        Ok(length)
    }
}
