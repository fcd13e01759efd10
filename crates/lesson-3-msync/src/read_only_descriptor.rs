//! `MS_SYNC` through a descriptor that is open for reading only returns 0 and writes nothing: step 4
//! of `cargo lesson-3`.

use std::fs::File;

use common::{Context, Result, Stage};

use crate::table::Expected;
use crate::{MappedFile, Memory, Table, msync};

/// What differs from the table of step 1.
const LEGEND: &[&str] = &[
    "The table is as in step 1, with a file of 8 pages. O_RDONLY: the file was opened for reading only. O_RDWR: it was \
     opened for reading and writing.",
    "returned: what the call returned; 0 is success.",
];

/// Step 4: three calls that should write the file; the first returns 0 and writes nothing.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("read-only");
    let sample = MappedFile::new(&path, 8)?;
    let file = File::open(&path).step_on("open", &path)?;
    let memory = Memory::shared_read_only(&file).step_on("mmap", &path)?;
    let through_this_file = Memory::shared_read_only(&sample.file).step_on("mmap", &path)?;
    let sync = |memory: &Memory| match msync(memory.address(), memory.length(), libc::MS_SYNC) {
        Ok(()) => "0".to_string(),
        Err(error) => error.to_string(),
    };

    let mut table = Table::new("returned", LEGEND);
    sample.store(b'A');
    table.row("A stored", &sample, dirty(8), "")?;
    table.pages("A stored", &sample, None)?;
    let returned = sync(&memory);
    table.row("MS_SYNC, O_RDONLY", &sample, dirty(8), &returned)?;
    table.pages("MS_SYNC, O_RDONLY", &sample, None)?;
    file.sync_all().step_on("fsync", &path)?;
    table.row("fsync, O_RDONLY", &sample, dirty(0), "0")?;
    table.pages("fsync, O_RDONLY", &sample, None)?;
    sample.store(b'B');
    table.row("B stored", &sample, dirty(8), "")?;
    let returned = sync(&through_this_file);
    table.row("MS_SYNC, O_RDWR", &sample, dirty(0), &returned)?;
    table.pages("MS_SYNC, O_RDWR", &sample, None)?;
    table.end(sample.instruments)
}

/// All eight pages are in the page table of this process, and so many are dirty.
fn dirty(dirty: u64) -> Expected {
    Expected { dirty, in_page_table: 8 }
}
