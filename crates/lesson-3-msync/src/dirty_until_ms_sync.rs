//! What each call does to the dirty pages, and what a second process loads after it: step 1 of
//! `cargo lesson-3`.

use common::{Context, Peer, Result, Stage};

use crate::table::Expected;
use crate::{MappedFile, Table, save_async, save_sync};

/// Step 1: a file of four pages, and a second process that has mapped it and loads its first byte.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("ledger");
    let sample = MappedFile::new(&path, 4)?;
    sample.load();
    let mut reader = Peer::start(["second".as_ref(), "reader".as_ref(), path.as_os_str()])?;
    let mut table = Table::new("2nd loads");
    let mut turn = "map"; // The reader maps the file at its first turn.
    let mut row = |act: &str, title: &str, dirty: u64| -> Result<()> {
        reader.tell(std::mem::replace(&mut turn, "read"))?;
        let seen = reader.hear()?.chars().next().unwrap_or('?').to_string();
        table.row(act, &sample, Expected { dirty, in_page_table: 4 }, &seen)?;
        table.pages(title, &sample, Some(&mut reader))
    };

    row("mapped, and loaded", "mapped, and loaded", 0)?;
    sample.store(b'A');
    row("stored A to 4 pages", "stored 'A' to 4 pages", 4)?;
    save_async::save(&sample.memory, b"B").step_on("msync", &path)?;
    row("stored B, MS_ASYNC 1 page", "stored 'B', MS_ASYNC 1 page", 4)?;
    sample.msync(libc::MS_ASYNC)?;
    row("MS_ASYNC, 4 pages", "MS_ASYNC, 4 pages", 4)?;
    save_sync::save(&sample.memory, b"C").step_on("msync", &path)?;
    row(
        "stored C, MS_SYNC 1 page",
        "stored 'C', MS_SYNC 1 page",
        sample.instruments.left_by_a_part(3),
    )?;
    sample.msync(libc::MS_SYNC)?;
    row("MS_SYNC, 4 pages", "MS_SYNC, 4 pages", 0)?;
    sample.memory.store(0, b'D');
    row("stored D to 1 page", "stored 'D' to 1 page", 1)?;
    table.end(sample.instruments)
}
