//! Nothing is copied: two mappings of one page are two addresses of one piece of memory, the page
//! cache's own. `cargo lesson-1` shows it.

use std::fs;

use common::{Context, Result, Stage, page_size, say};

use crate::line::compare;
use crate::{Mapping, own_file};

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("twice");
    fs::write(&path, vec![b'.'; page_size()]).step_on("write", &path)?;
    let file = own_file::open(&path)?;
    let here = Mapping::of(&file, page_size()).step_on("mmap", &path)?;
    let there = Mapping::of(&file, page_size()).step_on("mmap", &path)?;
    let (one, two) = (here.address(), there.address());
    say!("   {:<52} (addresses vary)", format!("mapped at {one:#x} and {two:#x}"))?;
    here.store(0, b"news");
    let seen = String::from_utf8_lossy(&there.load(0, 4)).into_owned();
    compare("stored at the first; the second loads ", &format!("{seen:?}"), "\"news\"")?;
    let read = String::from_utf8_lossy(&fs::read(&path).step_on("read", &path)?[..4]).into_owned();
    compare("one page for all: read(2) finds ", &format!("{read:?}"), "\"news\"")
}
