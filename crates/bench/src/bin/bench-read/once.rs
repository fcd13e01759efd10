//! A few bytes of an open file, once: a call that copies them beside a mapping made, touched and
//! taken down for them.

use std::io;
use std::os::unix::fs::FileExt;

use common::{Context, Result, Scratch, page_size};

use crate::group::{Ground, Group, Side, Turn, measure as cost};
use crate::memory::Memory;
use crate::method::newlines;
use crate::own_file::OwnFile;
use crate::size::Size;
use crate::space::Notes;
use crate::{Extent, table};

const PIECE: usize = 64;

/// Counts the same few bytes again and again, each time as if for the first.
///
/// # Errors
/// The calls' own. A file that cannot be written is left out and said.
pub(crate) fn measure(
    scratch: &Scratch,
    memory: &Memory,
    extent: Extent,
    notes: &mut Notes,
) -> Result<Option<Group>> {
    let bytes = &memory[..memory.len().min(page_size())];
    let path = scratch.path().join("once");
    let made = OwnFile::write_nameless(&path, bytes, page_size());
    let Some(file) = notes.made("short looks", made)? else { return Ok(None) };
    let length = bytes.len().min(PIECE);
    let ground = Ground {
        what: "short looks into an open file",
        file_system: common::file_system(scratch.path())?,
        written_in: Size(bytes.len()).to_string(),
        state: "warm",
        bytes: extent.once * length,
        operations: Some(extent.once),
    };
    let often = |count: &dyn Fn() -> io::Result<u64>| {
        (0..extent.once).map(|_| count()).sum::<io::Result<u64>>().step("count a few bytes")
    };
    let by_pread = || {
        let mut piece = [0; PIECE];
        let length = file.file().read_at(&mut piece[..length], 0)?;
        Ok(newlines(&piece[..length]))
    };
    let turns = vec![
        Turn::new("once-memory", Side::Memory, || {
            cost(|| often(&|| Ok(newlines(std::hint::black_box(&bytes[..length])))))
        }),
        Turn::new("once-pread", Side::Read, || cost(|| often(&by_pread))),
        Turn::new("once-mapped", Side::Mapped, || {
            cost(|| often(&|| Ok(newlines(&file.map(0..length, false)?))))
        }),
    ];
    let group = Group::of(ground, extent.rounds, turns)?;
    table::print(&group)?;
    Ok(Some(group))
}
