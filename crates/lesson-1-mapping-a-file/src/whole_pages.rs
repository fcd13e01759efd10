//! A mapping consists of whole pages. After the last byte of the file, the rest of its page is
//! zeros; a byte stored there is in memory but not in the file. `cargo lesson-1` shows it.

use std::fs::{self, File};
use std::path::Path;

use common::{Context, Result, Stage, compare, page_size, sentence};

use crate::own_file;
use crate::picture::{self, Pages};
use crate::sys::MmapCall;

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("hello");
    fs::write(&path, "hello").step_on("write", &path)?;
    let area = MmapCall::shared(&own_file::open(&path)?, 5).make().step_on("mmap", &path)?;
    let entry = page_view::mapping_at(std::process::id(), area.address())?;
    let mapped = entry.map_or(0, |entry| entry.addresses.len());
    let (found, page) = (mapped.to_string(), page_size().to_string());
    sentence("A file of 5 bytes, \"hello\", is mapped with length 5.")?;
    compare("Mapped bytes: ", found, page)?;
    let set = (5..page_size()).filter(|byte| area.load(*byte) != 0).count();
    compare("Non-zero bytes past the end: ", set, "0")?;
    area.store(5, b'!');
    let stored = char::from(area.load(5));
    let file = String::from_utf8_lossy(&fs::read(&path).step_on("read", &path)?).into_owned();
    compare("Stored after \"hello\": ", format!("{stored:?}"), "'!'")?;
    compare("The file is ", format!("{file:?}"), "\"hello\"")?;
    three_zones(&stage.scratch.path().join("poem"))?;
    sentence(
        "A byte stored past the end of the file is not in the file. Make the file longer first.",
    )
}

/// A file of one and a half pages, mapped as three pages: the file, its tail, and no page.
fn three_zones(path: &Path) -> Result<()> {
    let bytes = vec![b'.'; page_size() + page_size() / 2];
    fs::write(path, bytes).step_on("write", path)?;
    // The picture is about the zones, so let the disk have every page.
    File::open(path).and_then(|file| file.sync_all()).step_on("fsync", path)?;
    let area = MmapCall::shared(&own_file::open(path)?, 3 * page_size()).make();
    let area = area.step_on("mmap", path)?;
    let pages = Pages::of("this process", area.address(), 3);
    sentence("A file of one and a half pages, mapped as three pages:")?;
    picture::show("mapped, not accessed", &[&pages])?;
    sentence("After one load from page 0 and one from page 1:")?;
    (0..2).for_each(|page| _ = area.load(page * page_size()));
    picture::show("after two loads", &[&pages])
}
