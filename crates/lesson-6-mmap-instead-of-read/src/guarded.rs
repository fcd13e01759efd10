//! A mapping in place of `read`, for files that are not ours alone: a file that is made shorter
//! under the reader is an error with a name. `mapped.rs` is the version that dies of it.
//! `cargo lesson-6` shows both; `cargo lesson-6 count FILE…` reads this way.
//!
//! What this promises: no crash, and no byte of a page that was gone counted as if it were the
//! file's. What it does not promise is a snapshot: who writes while we read decides what we see,
//! and a file that is cut and grown again between two loads shows zeros, with a signal for nobody
//! (its time of modification would tell).

use std::fs::File;
use std::io::{self, Read};

use crate::{Guard, View};

/// Reads a file through a mapping of all of it, and notices when the file gets shorter.
pub struct Guarded {
    view: Guard,
    offset: usize,
    file: File,
}

impl Guarded {
    /// Maps the first `length` bytes of `file`; the descriptor is kept, to ask for the size again.
    ///
    /// # Errors
    /// As [`View::of`] and [`Guard::over`].
    pub fn of(file: File, length: usize) -> io::Result<Self> {
        Ok(Self { view: Guard::over(View::of(&file, length)?)?, offset: 0, file })
    }

    /// The error's name: what became of the byte at `offset`.
    fn gone(&self, offset: usize) -> io::Error {
        io::Error::other(match self.file.metadata() {
            Ok(now) if now.len() <= offset as u64 => {
                format!("byte {offset} is gone: cut to {} bytes while it was read", now.len())
            }
            // The size is no witness: grown again since, or the disk could not deliver the page.
            _ => format!("byte {offset} was not there when it was loaded (SIGBUS)"),
        })
    }
}

impl Read for Guarded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.view.len() - self.offset);
        if length == 0 {
            // Within the last page a cut shows as zeros, without any signal: ask for the size, too.
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
