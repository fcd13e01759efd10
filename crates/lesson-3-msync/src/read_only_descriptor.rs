//! `MS_SYNC` on a mapping of a descriptor that is open for reading only says 0 and does nothing:
//! step 4 of `cargo lesson-3`.

use std::fs::File;

use common::{Context, Result, Stage};

use crate::{Memory, Specimen, Table, msync};

/// The step of the story: three ways to flush, only one of them idle.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("read-only");
    let specimen = Specimen::new(&path, 8)?;
    let file = File::open(&path).step_on("open", &path)?;
    let memory = Memory::shared_read_only(&file).step_on("mmap", &path)?;
    let through_this_file = Memory::shared_read_only(&specimen.file).step_on("mmap", &path)?;
    let sync = |memory: &Memory| match msync(memory.address(), memory.length(), libc::MS_SYNC) {
        Ok(()) => "0".to_string(),
        Err(error) => error.to_string(),
    };

    let mut table = Table::new("returned")?;
    specimen.store(b'A');
    table.row("A stored", &specimen, 8, 8, "")?;
    let returned = sync(&memory);
    table.row("MS_SYNC, O_RDONLY", &specimen, 8, 8, &returned)?;
    file.sync_all().step_on("fsync", &path)?;
    table.row("fsync, O_RDONLY", &specimen, 0, 8, "0")?;
    specimen.store(b'B');
    table.row("B stored", &specimen, 8, 8, "")?;
    let returned = sync(&through_this_file);
    table.row("MS_SYNC, O_RDWR, PROT_READ", &specimen, 0, 8, &returned)?;
    table.end(specimen.sight)
}
