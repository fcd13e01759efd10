//! `MS_INVALIDATE` refreshes nothing: step 3 of `cargo lesson-3`.

use std::process::id;

use common::{Context, Result, Stage, compare, say, sentence};

use crate::{MappedFile, Memory};

/// Step 3: what a second mapping and a private copy show, before and after `MS_INVALIDATE`.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let sample = MappedFile::new(&stage.scratch.path().join("invalidate"), 1)?;
    let other = Memory::shared(&sample.file).step_on("mmap", &sample.path)?;
    let private = Memory::private(&sample.file).step_on("mmap", &sample.path)?;
    private.store(1, b'p'); // From here on its page is a copy.
    sample.store(b'N');
    let page = |label, memory: &Memory| {
        (label, id(), memory.address()..memory.address() + memory.length())
    };
    let rows = [
        page("   this mapping", &sample.memory),
        page("   another mapping", &other),
        page("   a private copy", &private),
    ];
    let look = |act: &str| -> Result<()> {
        say!("   {act}")?;
        let quoted = |byte: u8| format!("'{}'", char::from(byte));
        compare("   another mapping loads ", quoted(other.load(0)), quoted(b'N'))?;
        compare("   a private copy loads ", quoted(private.load(0)), quoted(b'.'))?;
        page_view::show_rows(&rows)?;
        page_view::pause()
    };
    sentence(
        "This process maps a file of 1 page, full of dots, three times: shared (\"this mapping\"), shared once more \
         (\"another mapping\"), and privately. A store to byte 1 of the private mapping has made its page a private copy.",
    )?;
    look("\"N\" stored in byte 0 of this mapping")?;
    sample.msync(libc::MS_SYNC | libc::MS_INVALIDATE)?;
    look("this mapping: msync with MS_SYNC|MS_INVALIDATE")
}
