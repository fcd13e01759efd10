//! The job: count lines, or find a word. It takes its bytes in pieces from anything that is `Read`,
//! so the three methods differ only in how they get the bytes. `cargo lesson-6 count FILE…` and
//! `cargo lesson-6 find WORD FILE…` do it.

use std::io::{self, ErrorKind::Interrupted, Read};

/// How many bytes it asks for at a time: few enough to stay in a CPU's cache until they are used.
pub const PIECE: usize = 64 * 1024;

/// The result of [`count`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The number of newlines, as `wc -l` counts: a last line without a newline does not count.
    pub lines: u64,
    /// The number of bytes.
    pub bytes: u64,
}

/// The result of [`find`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// How often the word occurs. An occurrence that overlaps an earlier one does not count.
    pub times: u64,
    /// The offset of the first occurrence.
    pub first: Option<u64>,
}

/// Counts the lines of `source`.
///
/// # Errors
/// Those of the source.
pub fn count(mut source: impl Read) -> io::Result<Counted> {
    let mut piece = vec![0; PIECE];
    let mut counted = Counted { lines: 0, bytes: 0 };
    loop {
        let length = next(&mut source, &mut piece)?;
        if length == 0 {
            return Ok(counted);
        }
        counted.lines += memchr::memchr_iter(b'\n', &piece[..length]).count() as u64;
        counted.bytes += length as u64;
    }
}

/// Finds `word` in `source`. The word is not empty.
///
/// # Errors
/// Those of the source.
pub fn find(mut source: impl Read, word: &[u8]) -> io::Result<Found> {
    let finder = memchr::memmem::Finder::new(word);
    let mut piece = vec![0; PIECE.max(2 * word.len())];
    let mut found = Found::default();
    let (mut start, mut kept) = (0, 0); // The offset of `piece` in the file; bytes kept in it.
    loop {
        let length = next(&mut source, &mut piece[kept..])?;
        if length == 0 {
            return Ok(found);
        }
        let bytes = &piece[..kept + length];
        let mut looked_at = 0;
        for index in finder.find_iter(bytes) {
            found.times += 1;
            found.first.get_or_insert(start + index as u64);
            looked_at = index + word.len();
        }
        // A word may start in this piece and end in the next, so keep the longest possible start.
        let keep_from = looked_at.max((kept + length).saturating_sub(word.len() - 1));
        piece.copy_within(keep_from..kept + length, 0);
        (start, kept) = (start + keep_from as u64, kept + length - keep_from);
    }
}

/// Reads the next piece and returns its length; 0 is the end. If a signal interrupts the call, tries
/// again.
fn next(source: &mut impl Read, piece: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(piece) {
            Err(error) if error.kind() == Interrupted => {}
            result => return result,
        }
    }
}
