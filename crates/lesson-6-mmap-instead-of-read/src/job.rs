//! The job itself: count lines, find a word. It takes its bytes in pieces from anything that is
//! `Read`, so that the three ways to a file's bytes can only differ in the way.
//! `cargo lesson-6 count FILE…` and `cargo lesson-6 find WORD FILE…` do it.

use std::io::{self, ErrorKind::Interrupted, Read};

/// Bytes asked for at a time. Small enough to stay in a processor's cache until they are looked at.
pub const PIECE: usize = 64 * 1024;

/// What `count` found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Newlines, as `wc -l` counts: a last line without one is no line.
    pub lines: u64,
    /// Bytes.
    pub bytes: u64,
}

/// What `find` found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// How often the word is there; occurrences that overlap an earlier one do not count.
    pub times: u64,
    /// Where the first one begins.
    pub first: Option<u64>,
}

/// Counts the lines of `source`.
///
/// # Errors
/// The source's own.
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

/// Finds `word`, which is not empty, in `source`.
///
/// # Errors
/// The source's own.
pub fn find(mut source: impl Read, word: &[u8]) -> io::Result<Found> {
    let finder = memchr::memmem::Finder::new(word);
    let mut piece = vec![0; PIECE.max(2 * word.len())];
    let mut found = Found::default();
    let (mut start, mut kept) = (0, 0); // Where in the file `piece` begins; bytes of the last one.
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
        // A word may begin in this piece and end in the next: its longest beginning is kept.
        let keep_from = looked_at.max((kept + length).saturating_sub(word.len() - 1));
        piece.copy_within(keep_from..kept + length, 0);
        (start, kept) = (start + keep_from as u64, kept + length - keep_from);
    }
}

/// The next piece's length; 0 is the end. A signal that interrupts the call is no end.
fn next(source: &mut impl Read, piece: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(piece) {
            Err(error) if error.kind() == Interrupted => {}
            result => return result,
        }
    }
}
