//! Thousands of small files, each opened, counted and closed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use bench::{Group, Method, Notes, Size, Unit};
use common::{Context, Result, Scratch, page_size};

use crate::cost::{Per, cost};
use crate::extent::Extent;
use crate::memory::Memory;
use crate::own_file::OwnFile;
use crate::passes::{by_read, newlines};

/// Larger than any of the files.
const BUFFER: usize = 64 << 10;

/// Writes files of two pages, and counts all of them by each method.
///
/// # Errors
/// Those of the calls. A note says why the files could not be written.
pub(crate) fn measure(
    scratch: &Scratch,
    memory: &Memory,
    extent: Extent,
    notes: &mut Notes,
) -> Result<Option<Group>> {
    let directory = scratch.path().join("small");
    let length = memory.len().min(2 * page_size());
    let made = write_all(&directory, &memory[..length], extent.small_files);
    let Some(paths) = notes.made("small files", made)? else { return Ok(None) };
    let per = Per::Operation(paths.len());
    let all = |count: &mut dyn FnMut(&Path) -> io::Result<u64>| {
        let mut lines = 0;
        for path in &paths {
            lines += count(path).step_on("count", path)?;
        }
        Ok(lines)
    };
    let mapped = |populate| {
        move |path: &Path| {
            let file = OwnFile::open(scratch, path)?;
            Ok(newlines(&file.map(0..file.len(), populate)?))
        }
    };
    let mut buffer = vec![0; BUFFER];
    let mut read = |path: &Path| by_read(&File::open(path)?, &mut buffer);
    let group = Group {
        id: "small-files".into(),
        title: format!("Open, count and close one of {} files of {}", paths.len(), Size(length)),
        setting: format!("{}, in the page cache", common::file_system(&directory)?),
        unit: Unit::Nanoseconds,
        file: None,
        bytes: paths.len() * length,
        operations: Some(paths.len()),
        rows: Vec::new(),
    };
    let methods = vec![
        Method::new("open-read", "read", "open(), read() to the end, close()", |_| {
            cost(per, || all(&mut read))
        }),
        Method::new("open-mapped", "mapped", "open(), mmap(), munmap(), close()", |_| {
            cost(per, || all(&mut mapped(false)))
        })
        .against("open-read"),
        Method::new("open-populate", "mapped", "as open-mapped, with MAP_POPULATE", |_| {
            cost(per, || all(&mut mapped(true)))
        })
        .against("open-read"),
    ];
    group.measure(extent.rounds, methods).map(Some)
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
        let _ = fs::remove_dir_all(directory); // Makes room for what follows; or goes with the run.
    }
    written
}
