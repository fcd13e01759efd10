//! Touching a page that lies wholly past the end of the file.

use std::fs::File;
use std::path::Path;

use common::{Context, Result, page_size, say};

use crate::Mapping;

/// Maps a file of two pages, shrinks it to one, and loads from the second.
pub(super) fn load() -> Result<()> {
    let path = Path::new("shrunk");
    let file = File::create_new(path).step_on("create", path)?;
    drop(file);
    let file = File::options().read(true).write(true).open(path).step_on("open", path)?;
    file.set_len(2 * page_size() as u64).step_on("ftruncate", path)?;
    let mapping = Mapping::of(&file, 2 * page_size()).step_on("mmap", path)?;
    file.set_len(page_size() as u64).step_on("ftruncate", path)?;
    say!("first-page {:?}", mapping.load(0, 1))?;
    say!("second-page {:?}", mapping.load(page_size(), 1))
}
