//! The file of every scene in this lesson: page 0 is all `a`, page 1 all `b`, and so on, so that one
//! byte tells which page it is and whether somebody has changed it. `cargo lesson-4` uses it.

use std::fs::File;
use std::path::Path;

use common::{Context, Result, page_size};

/// Makes `path`, `pages` pages long (26 at most), and opens it for reading and writing.
///
/// # Errors
/// `EEXIST` if there is such a file; the system's, if it cannot be made or written.
pub fn create(path: &Path, pages: u8) -> Result<File> {
    let bytes: Vec<u8> = (b'a'..=b'z')
        .take(pages.into())
        .flat_map(|letter| std::iter::repeat_n(letter, page_size()))
        .collect();
    drop(File::create_new(path).step_on("create", path)?);
    std::fs::write(path, bytes).step_on("write", path)?;
    File::options().read(true).write(true).open(path).step_on("open", path)
}
