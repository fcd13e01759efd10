//! Thousands of small files, each opened, counted and closed: where mapping loses, since it costs
//! two calls and a fault for what one copy does.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use common::{Context, Result, Scratch, page_size};

use crate::group::{Ground, Group, Side, Turn, measure as cost};
use crate::memory::Memory;
use crate::method::newlines;
use crate::own_file::OwnFile;
use crate::size::Size;
use crate::space::Notes;
use crate::{Extent, table};

/// Larger than any of the files.
const BUFFER: usize = 64 << 10;

/// Writes files of two pages, and counts them all by each method.
///
/// # Errors
/// The calls' own. Files that cannot be written are left out and said.
pub(crate) fn measure(
    scratch: &Scratch,
    memory: &Memory,
    extent: Extent,
    notes: &mut Notes,
) -> Result<Option<Group>> {
    let directory = scratch.path().join("small");
    let length = memory.len().min(2 * page_size());
    let bytes = &memory[..length];
    let made = write_all(&directory, bytes, extent.small_files);
    let Some(paths) = notes.made("small files", made)? else { return Ok(None) };
    let ground = Ground {
        what: "small files",
        file_system: common::file_system(&directory)?,
        written_in: Size(length).to_string(),
        state: "warm",
        bytes: paths.len() * length,
        operations: Some(paths.len()),
    };
    let all = |count: &dyn Fn(&Path) -> io::Result<u64>| {
        let mut lines = 0;
        for path in &paths {
            lines += count(path).step_on("count", path)?;
        }
        Ok(lines)
    };
    let map = |path: &Path, populate| {
        let file = OwnFile::open(scratch, path)?;
        Ok(newlines(&file.map(0..file.len(), populate)?))
    };
    let mut buffer = vec![0; BUFFER];
    let mut read = || {
        let mut lines = 0;
        for path in &paths {
            lines += read_all(path, &mut buffer).step_on("count", path)?;
        }
        Ok(lines)
    };
    let turns = vec![
        Turn::new("small-files-memory", Side::Memory, || cost(|| all(&|_| Ok(newlines(bytes))))),
        Turn::new("small-files-read", Side::Read, || cost(&mut read)),
        Turn::new("small-files-mapped", Side::Mapped, || cost(|| all(&|path| map(path, false)))),
        Turn::new("small-files-mapped-populate", Side::Mapped, || {
            cost(|| all(&|path| map(path, true)))
        }),
    ];
    let group = Group::of(ground, extent.rounds, turns)?;
    table::print(&group)?;
    Ok(Some(group))
}

fn write_all(directory: &Path, bytes: &[u8], number: usize) -> Result<Vec<PathBuf>> {
    fs::create_dir(directory).step_on("create", directory)?;
    let write = |number: usize| {
        let path = directory.join(number.to_string());
        fs::write(&path, bytes).step_on("write", &path)?;
        Ok(path)
    };
    let written = (0..number).map(write).collect();
    if Result::is_err(&written) {
        let _ = fs::remove_dir_all(directory); // Room for what comes; else it goes with the run.
    }
    written
}

/// Opens, reads to the end (one call finds the bytes, one that there are no more) and closes.
fn read_all(path: &Path, buffer: &mut [u8]) -> io::Result<u64> {
    let mut file = fs::File::open(path)?;
    let mut lines = 0;
    loop {
        match file.read(buffer)? {
            0 => return Ok(lines),
            length => lines += newlines(&buffer[..length]),
        }
    }
}
