//! The sixth argument must be a multiple of the page size. To reach any other byte, map its page
//! and skip the bytes before it. `cargo lesson-1` shows it.

use std::fs::File;
use std::io;

use common::{Context, Result, Stage, compare, page_size, sentence};

use crate::failures::outcome;
use crate::{Mapping, own_file};

/// Maps the pages that hold `length` bytes of `file` from byte `offset` on. `offset` need not be
/// aligned. The second part of the result is the position of that byte in the mapping.
///
/// # Errors
/// As [`Mapping::part`], but an unaligned offset is no error.
pub fn around(file: &File, offset: u64, length: usize) -> io::Result<(Mapping, usize)> {
    let page = page_size() as u64;
    let skipped = usize::try_from(offset % page).map_err(io::Error::other)?;
    let mapping = Mapping::part(file, offset - offset % page, skipped + length)?;
    Ok((mapping, skipped))
}

/// The step of the story: one word, at an offset inside a page.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("long");
    let offset = page_size() + 1000;
    let mut bytes = vec![b'.'; 2 * page_size()];
    bytes[offset..offset + 6].copy_from_slice(b"needle");
    std::fs::write(&path, bytes).step_on("write", &path)?;
    let file = own_file::open(&path)?;
    let offset = offset as u64;
    let refused = outcome(Mapping::part(&file, offset, 6));
    compare(&format!("mmap at offset {offset}: "), refused, "EINVAL")?;
    let (mapping, skipped) = around(&file, offset, 6).step_on("mmap", &path)?;
    let word = String::from_utf8_lossy(&mapping.load(skipped, 6)).into_owned();
    let start = offset - skipped as u64;
    let what = format!("Offset {start}, skip {skipped}: ");
    compare(&what, format!("{word:?}"), "\"needle\"")?;
    page_view::pause()?;
    sentence("Round the offset down to the start of its page, and skip the bytes before yours.")
}
