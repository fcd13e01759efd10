//! `MS_INVALIDATE` has nothing to refresh: step 3 of `cargo lesson-3`.

use std::process::id;

use common::{Context, Result, Stage, say};

use crate::table::verdict;
use crate::{Memory, Specimen};

/// The step of the story: a second mapping, a private copy, and the flag.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let specimen = Specimen::new(&stage.scratch.path().join("invalidate"), 1)?;
    let other = Memory::shared(&specimen.file).step_on("mmap", &specimen.path)?;
    let private = Memory::private(&specimen.file).step_on("mmap", &specimen.path)?;
    private.store(1, b'p'); // From here on its page is a copy.
    specimen.store(b'N');
    let page = |label, memory: &Memory| {
        (label, id(), memory.address()..memory.address() + memory.length())
    };
    let rows = [
        page("   this mapping   ", &specimen.memory),
        page("   another mapping", &other),
        page("   a private copy ", &private),
    ];
    let look = |act: &str| -> Result<()> {
        let (shared, copy) = (char::from(other.load(0)), char::from(private.load(0)));
        say!("   {act:<28} another mapping {shared} (N), a private copy {copy} (.)")?;
        verdict((shared, copy) == ('N', '.'), "both mappings")?;
        page_view::show_rows(&rows)?;
        page_view::pause()
    };
    look("N stored")?;
    specimen.msync(libc::MS_SYNC | libc::MS_INVALIDATE)?;
    look("MS_SYNC|MS_INVALIDATE")
}
