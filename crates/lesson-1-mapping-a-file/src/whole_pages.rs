//! A mapping is made of whole pages: after the last byte of the file come zeros, to the page's end.
//! What is stored there is in memory and not in the file. `cargo lesson-1` shows it.

use std::fs;

use common::{Context, Result, Stage, page_size, say};

use crate::line::compare;
use crate::own_file;
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
    say!("   So: what is stored behind the end is not in the file. Make it longer first.")
}
