//! A few bytes of an open file, once: a call that copies them beside a mapping that is made, touched
//! and removed for them.

use std::io;
use std::os::unix::fs::FileExt;

use bench::{Group, Method, Notes, Size, Unit};
use common::{Context, Result, Scratch, page_size};

use crate::cost::{Per, cost};
use crate::extent::Extent;
use crate::memory::Memory;
use crate::own_file::OwnFile;
use crate::passes::newlines;

const LENGTH: usize = 64;

/// Counts the same few bytes many times, each time as if it were the first.
///
/// # Errors
/// Those of the calls. A note says why the file could not be written.
pub(crate) fn measure(
    scratch: &Scratch,
    memory: &Memory,
    extent: Extent,
    notes: &mut Notes,
) -> Result<Option<Group>> {
    let bytes = &memory[..memory.len().min(page_size())];
    let made = OwnFile::write_unnamed(&scratch.path().join("short"), bytes, page_size());
    let Some(file) = notes.made("short reads", made)? else { return Ok(None) };
    let length = bytes.len().min(LENGTH);
    let (count, per) = (extent.short_reads, Per::Operation(extent.short_reads));
    let many = |once: &dyn Fn() -> io::Result<u64>| {
        (0..count).map(|_| once()).sum::<io::Result<u64>>().step("count a few bytes")
    };
    let by_pread = || {
        let mut piece = [0; LENGTH];
        let length = file.file().read_at(&mut piece[..length], 0)?;
        Ok(newlines(&piece[..length]))
    };
    let mapped = || Ok(newlines(&file.map(0..length, false)?));
    let group = Group {
        id: "short-reads".into(),
        title: format!("Read {} of an open file once", Size(length)),
        setting: format!("{}, in the page cache", common::file_system(scratch.path())?),
        unit: Unit::Nanoseconds,
        file: None,
        bytes: count * length,
        operations: Some(count),
        rows: Vec::new(),
    };
    let methods = vec![
        Method::new("pread-64", "read", "pread()", |_| cost(per, || many(&by_pread))),
        Method::new("mapped-64", "mapped", "mmap(), touched, munmap()", |_| {
            cost(per, || many(&mapped))
        })
        .against("pread-64"),
    ];
    group.measure(extent.rounds, methods).map(Some)
}
