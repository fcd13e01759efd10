//! The file that this lesson maps: page 0 is all `a`, page 1 all `b`, and so on. So one byte shows
//! which page it is in, and whether it has been changed. `cargo lesson-4` uses it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Failure, Result, page_size};

/// Creates `path`, `pages` pages long (26 at most), and opens it for reading and writing. The file is
/// synced to the disk, so that its pages are clean in the pictures.
///
/// # Errors
/// `EEXIST` if there is such a file. Others, if it cannot be created or written.
pub fn create(path: &Path, pages: u8) -> Result<File> {
    let bytes: Vec<u8> = (b'a'..=b'z')
        .take(pages.into())
        .flat_map(|letter| std::iter::repeat_n(letter, page_size()))
        .collect();
    drop(File::create_new(path).step_on("create", path)?);
    std::fs::write(path, bytes).step_on("write", path)?;
    let file = File::options().read(true).write(true).open(path).step_on("open", path)?;
    file.sync_all().step_on("fsync", path)?;
    Ok(file)
}

/// Opens a file that [`create`] made, for reading and writing. The last byte of each page must be
/// the page's letter: this lesson never changes it.
///
/// # Errors
/// If it cannot be opened, or is not a file of this lesson.
pub fn open(path: &Path) -> Result<File> {
    let file = File::options().read(true).write(true).open(path).step_on("open", path)?;
    let found = file.metadata().step_on("stat", path)?;
    let page = page_size() as u64;
    let ours = |number: u64, letter: u8| {
        let mut last = [0];
        let read = file.read_exact_at(&mut last, (number + 1) * page - 1);
        read.is_ok() && last == [letter]
    };
    let whole_pages = found.is_file() && found.len() > 0 && found.len() % page == 0;
    let pages = found.len() / page;
    if whole_pages && pages <= 26 && (0..pages).zip(b'a'..).all(|(page, letter)| ours(page, letter))
    {
        return Ok(file);
    }
    Err(Failure::refusal("open", path, "not a file of this lesson"))
}
