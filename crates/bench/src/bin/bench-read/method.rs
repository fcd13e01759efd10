//! The methods: one job, counting newlines, and the ways to the bytes. Each ends with nothing open
//! and nothing mapped, so that all that a way costs is in its time.

use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::thread;

use common::page_size;
use memmap2::Advice;

use crate::own_file::{Mapping, OwnFile};

/// A way to a file's bytes.
#[derive(Clone, Copy)]
pub(crate) enum Method {
    /// No file: the same bytes in memory.
    Memory,
    /// `read`, with a buffer of so many bytes.
    Read(usize),
    /// `pread`, likewise.
    Pread(usize),
    /// A mapping of all of it, with some advice.
    Mapped(Option<Advice>),
    /// A mapping of all of it with `MAP_POPULATE`.
    Populated,
    /// A mapping that was there before, its pages too.
    Again,
    /// One mapping after the other, of so many bytes each.
    Windows(usize),
}

/// What a method finds: the bytes in memory, the file, and a mapping that is there already.
pub(crate) struct Bytes<'b> {
    pub(crate) memory: &'b [u8],
    pub(crate) file: OwnFile,
    pub(crate) mapped: Option<&'b Mapping>,
}

/// The counter, the same for all.
pub(crate) fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

impl Method {
    /// As the table, the JSON and the picture call it.
    pub(crate) fn name(self) -> String {
        let power = |bytes: usize| crate::size::Size(bytes).to_string();
        match self {
            Self::Memory => "memory".into(),
            Self::Read(buffer) => format!("read-{}", power(buffer)),
            Self::Pread(buffer) => format!("pread-{}", power(buffer)),
            Self::Mapped(None) => "mapped".into(),
            Self::Mapped(Some(advice)) => format!("mapped-{}", kebab(&format!("{advice:?}"))),
            Self::Populated => "mapped-populate".into(),
            Self::Again => "mapped-again".into(),
            Self::Windows(length) => format!("mapped-windows-{}", power(length)),
        }
    }

    /// Counts the newlines of `range`.
    ///
    /// # Errors
    /// The calls' own.
    pub(crate) fn count(self, bytes: &Bytes<'_>, range: Range<usize>) -> io::Result<u64> {
        let file = &bytes.file;
        match (self, bytes.mapped) {
            (Self::Memory, _) => Ok(newlines(&bytes.memory[range])),
            (Self::Again, Some(mapped)) => Ok(newlines(&mapped[range])),
            (Self::Read(buffer), _) => {
                let mut rest = file.file().take(range.len() as u64);
                pieces(buffer, |piece, _| rest.read(piece))
            }
            (Self::Pread(buffer), _) => pieces(buffer, |piece, done| {
                let length = piece.len().min(range.len() - done);
                file.file().read_at(&mut piece[..length], (range.start + done) as u64)
            }),
            (Self::Populated, _) => Ok(newlines(&file.map(range, true)?)),
            (Self::Mapped(advice), _) => {
                let mapping = file.map(range, false)?;
                advice.map_or(Ok(()), |advice| mapping.advise(advice))?;
                Ok(newlines(&mapping))
            }
            (Self::Again, None) => Ok(newlines(&file.map(range, false)?)),
            (Self::Windows(length), _) => range
                .clone()
                .step_by(length)
                .map(|start| Ok(newlines(&file.map(start..range.end.min(start + length), false)?)))
                .sum(),
        }
    }

    /// The same by two threads, each with a half.
    ///
    /// # Errors
    /// As [`Method::count`]. `read` has one position, and a half would be anybody's: `pread` has not.
    pub(crate) fn count_by_two(self, bytes: &Bytes<'_>) -> io::Result<u64> {
        let end = bytes.memory.len();
        let middle = (end / 2).next_multiple_of(page_size()).min(end);
        thread::scope(|scope| {
            let second = scope.spawn(|| self.count(bytes, middle..end));
            let first = self.count(bytes, 0..middle)?;
            let second = second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok(first + second?)
        })
    }
}

/// Counts what `next` brings, a buffer at a time, until it brings nothing.
fn pieces(
    buffer: usize,
    mut next: impl FnMut(&mut [u8], usize) -> io::Result<usize>,
) -> io::Result<u64> {
    let mut buffer = vec![0; buffer];
    let (mut lines, mut done) = (0, 0);
    loop {
        match next(&mut buffer, done) {
            Ok(0) => return Ok(lines),
            Ok(length) => {
                lines += newlines(&buffer[..length]);
                done += length;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// `WillNeed` as the names are written: `willneed`; `PopulateRead`: `populate-read`.
fn kebab(advice: &str) -> String {
    match advice {
        "PopulateRead" => "populate-read".into(),
        other => other.to_lowercase(),
    }
}
