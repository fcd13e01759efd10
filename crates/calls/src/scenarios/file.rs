//! Files of the scenarios, in the current directory.

use std::fs::File;
use std::path::Path;

use common::{Context, Result, page_size};

/// A new file `name` of `pages` pages of zeros, open for reading and writing.
pub(super) fn of_pages(name: &str, pages: usize) -> Result<File> {
    let path = Path::new(name);
    let file = File::options().read(true).write(true).create_new(true).open(path);
    let file = file.step_on("create", path)?;
    file.set_len((pages * page_size()) as u64).step_on("ftruncate", path)?;
    Ok(file)
}
