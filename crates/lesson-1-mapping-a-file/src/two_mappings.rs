//! Mappings of one page are the same memory: the page of the page cache, at two addresses in one
//! process and at a third in another. `cargo lesson-1` shows it.

use std::fs;
use std::path::Path;

use common::{Context, Peer, Result, Stage, compare, page_size, say, sentence};

use crate::picture::{self, Pages, compare_last_word};
use crate::{Mapping, own_file};

/// The role of the second process: maps `path`, prints the address and what it loads, and keeps the
/// mapping until its input ends.
///
/// # Errors
/// A system call that fails.
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
    let path = stage.scratch.path().join("news");
    fs::write(&path, vec![b'.'; page_size()]).step_on("write", &path)?;
    let file = own_file::open(&path)?;
    file.sync_all().step_on("fsync", &path)?; // Now the disk has every page.
    let here = Mapping::of(&file, page_size()).step_on("mmap", &path)?;
    let there = Mapping::of(&file, page_size()).step_on("mmap", &path)?;
    let (one, two) = (here.address(), there.address());
    sentence("One page of a file, mapped twice:")?;
    say!("   {one:#x} and {two:#x} (addresses vary)")?;
    let (first, second) = (Pages::of("first mapping", one, 1), Pages::of("second mapping", two, 1));
    picture::show("mapped twice", &[&first, &second])?;
    here.store(0, b"news");
    sentence("After a store through the first mapping:")?;
    picture::show("after the store", &[&first, &second])?;
    let seen = String::from_utf8_lossy(&there.load(0, 4)).into_owned();
    compare("The second loads ", format!("{seen:?}"), "\"news\"")?;
    let read = String::from_utf8_lossy(&fs::read(&path).step_on("read", &path)?[..4]).into_owned();
    compare("read(2) returns ", format!("{read:?}"), "\"news\"")?;
    let mut other = Peer::start(["look".as_ref(), path.as_os_str()])?;
    let third = Pages::of_second(&mut other, 1)?;
    compare_last_word(&format!("A second process {}", other.hear()?), "\"news\"")?;
    picture::show("after three accesses", &[&first, &second, &third])?;
    sentence("Three mappings, one page in memory, no copy.")
}
