//! The descriptor serves the call and nothing after it: closed, even with the file's name gone, the
//! mapping works on. `cargo lesson-1` shows it.

use std::fs::{self, File};

use common::{Context, Result, Stage, say};

use crate::line::compare;
use crate::{Mapping, own_file};

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("closed");
    fs::write(&path, "open").step_on("write", &path)?;
    let file = own_file::open(&path)?;
    let mapping = Mapping::of(&file, 4).step_on("mmap", &path)?;
    drop(file); // close(2)
    mapping.store(0, b"shut");
    let text = fs::read_to_string(&path).step_on("read", &path)?;
    compare("closed, then stored: the file is ", &format!("{text:?}"), "\"shut\"")?;
    page_view::pause()?;
    let witness = File::open(&path).step_on("open", &path)?;
    fs::remove_file(&path).step_on("unlink", &path)?;
    mapping.store(0, b"gone");
    let text = std::io::read_to_string(witness).step_on("read", &path)?;
    compare("name removed, then stored: the file is ", &format!("{text:?}"), "\"gone\"")?;
    page_view::pause()?;
    say!("   So: close it at once. The mapping alone keeps the file alive.")
}
