//! A mapping needs neither the descriptor nor the file's name: both can go, and the mapping stays.
//! `cargo lesson-1` shows it.

use std::fs::{self, File};

use common::{Context, Result, Stage, compare, sentence};

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
    compare("After close, a store: ", format!("{text:?}"), "\"shut\"")?;
    page_view::pause()?;
    let witness = File::open(&path).step_on("open", &path)?;
    fs::remove_file(&path).step_on("unlink", &path)?;
    mapping.store(0, b"gone");
    let text = std::io::read_to_string(witness).step_on("read", &path)?;
    compare("After unlink, a store: ", format!("{text:?}"), "\"gone\"")?;
    page_view::pause()?;
    sentence("Close the descriptor right after mmap. The mapping keeps the file alive.")
}
