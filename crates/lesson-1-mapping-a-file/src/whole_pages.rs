//! A mapping is made of whole pages: after the last byte of the file come zeros, to the page's end.
//! What is stored there is in memory and not in the file. `cargo lesson-1` shows it.

use std::fs::{self, File};
use std::path::Path;

use common::{Context, Result, Stage, page_size, say};

use crate::line::compare;
use crate::own_file;
use crate::picture::{self, Pages};
use crate::sys::Call;

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("short");
    fs::write(&path, "hello").step_on("write", &path)?;
    let area = Call::shared(&own_file::open(&path)?, 5).make().step_on("mmap", &path)?;
    let entry = page_view::mapping_at(std::process::id(), area.address())?;
    let mapped = entry.map_or(0, |entry| entry.addresses.len());
    let (found, page) = (mapped.to_string(), page_size().to_string());
    compare("asked for 5 bytes; /proc/self/maps: a range of ", &found, &page)?;
    let set = (5..page_size()).filter(|byte| area.load(*byte) != 0).count();
    compare("bytes behind the end that are not zero: ", &set.to_string(), "0")?;
    area.store(5, b'!');
    let stored = char::from(area.load(5));
    let file = String::from_utf8_lossy(&fs::read(&path).step_on("read", &path)?).into_owned();
    compare(
        &format!("stored {stored:?} behind the end: the file is "),
        &format!("{file:?}"),
        "\"hello\"",
    )?;
    three_zones(&stage.scratch.path().join("longer"))?;
    say!("   So: what is stored behind the end is not in the file. Make it longer first.")
}

/// A page and a half, mapped as three pages: the file, its tail, nothing.
fn three_zones(path: &Path) -> Result<()> {
    let bytes = vec![b'.'; page_size() + page_size() / 2];
    fs::write(path, bytes).step_on("write", path)?;
    // What is drawn should be the zones, not what the disk does not have yet.
    File::open(path).and_then(|file| file.sync_all()).step_on("fsync", path)?;
    let area = Call::shared(&own_file::open(path)?, 3 * page_size()).make();
    let area = area.step_on("mmap", path)?;
    let pages = Pages::of("three pages", area.address(), 3);
    say!("   a page and a half, mapped as three pages, before and after two loads:")?;
    picture::show(&[&pages])?;
    (0..2).for_each(|page| _ = area.load(page * page_size()));
    picture::show(&[&pages])
}
