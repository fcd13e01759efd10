//! Nothing is copied: two mappings of one page are two addresses of one piece of memory, the page
//! cache's own; so is a second process's. `cargo lesson-1` shows it.

use std::fs;
use std::path::Path;

use common::{Context, Peer, Result, Stage, page_size, say};

use crate::line::{compare, compare_last_word};
use crate::picture::{self, Pages};
use crate::{Mapping, own_file};

/// The child's role: maps `path` and says where, what it loads, and where that stays to be seen.
///
/// # Errors
/// Any step of the system's.
pub fn child(path: &Path) -> Result<()> {
    common::end_with_parent()?;
    let mapping = Mapping::of(&own_file::open(path)?, page_size()).step_on("mmap", path)?;
    say!("{}", mapping.address())?;
    say!("loads {:?}", String::from_utf8_lossy(&mapping.load(0, 4)))?;
    std::io::stdin().read_line(&mut String::new()).step("hear")?;
    Ok(())
}

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("twice");
    fs::write(&path, vec![b'.'; page_size()]).step_on("write", &path)?;
    let file = own_file::open(&path)?;
    file.sync_all().step_on("fsync", &path)?; // So far the disk has all.
    let here = Mapping::of(&file, page_size()).step_on("mmap", &path)?;
    let there = Mapping::of(&file, page_size()).step_on("mmap", &path)?;
    let (one, two) = (here.address(), there.address());
    say!("   {:<52} (addresses vary)", format!("mapped at {one:#x} and {two:#x}"))?;
    let (first, second) = (Pages::of("first", one, 1), Pages::of("second", two, 1));
    picture::show(&[&first, &second])?;
    here.store(0, b"news");
    say!("   stored at the first:")?;
    picture::show(&[&first, &second])?;
    let seen = String::from_utf8_lossy(&there.load(0, 4)).into_owned();
    compare("the second loads ", &format!("{seen:?}"), "\"news\"")?;
    let read = String::from_utf8_lossy(&fs::read(&path).step_on("read", &path)?[..4]).into_owned();
    compare("read(2) finds ", &format!("{read:?}"), "\"news\"")?;
    let mut other = Peer::start(["look".as_ref(), path.as_os_str()])?;
    let third = Pages::of_second(&mut other, 1)?;
    compare_last_word(&format!("a second process {}", other.hear()?), "\"news\"")?;
    picture::show(&[&first, &second, &third])?;
    say!("   So: one page, three addresses, no copy.")
}
