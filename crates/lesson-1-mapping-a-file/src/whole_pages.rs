//! A mapping is made of whole pages: after the last byte of the file come zeros, to the page's end.
//! `cargo lesson-1` shows it.

use common::{Context, Result, Stage, say};

use crate::Mapping;

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("short");
    std::fs::write(&path, "hello").step_on("write", &path)?;
    let file =
        std::fs::File::options().read(true).write(true).open(&path).step_on("open", &path)?;
    let mapping = Mapping::of(&file, 5).step_on("mmap", &path)?;
    let entry = page_view::mapping_at(std::process::id(), mapping.address())?;
    let bytes = entry.map_or(0, |entry| entry.addresses.len());
    say!("   mapped: 5 bytes; the kernel's table of mappings says {bytes}")
}
