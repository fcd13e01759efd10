//! What each call does to the dirty pages, and what a second process loads after it: step 1 of
//! `cargo lesson-3`.

use common::{Context, Peer, Result, Stage};

use crate::table::Expected;
use crate::{MappedFile, Table, save_async, save_sync};

/// What the columns of the table mean.
const LEGEND: &[&str] = &[
    "Two processes map a file of 4 pages, full of dots. A page is dirty if it has a change that the kernel has not yet \
     begun to write to the disk.",
    "after: what this process has done. MS_ASYNC and MS_SYNC are calls of msync with this flag.",
    "cachestat: how many pages of the file are dirty. smaps: how many of the pages in this process's page table are \
     dirty; \"shared\" if they are mapped more than once, \"private\" if they are mapped once.",
    "2nd loads: the byte that the second process then loads from page 0.",
    "Below each row, an arrow shows where page table entries lead.",
];

/// Step 1: a file of four pages, and a second process that has mapped it and loads its first byte.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("ledger");
    let sample = MappedFile::new(&path, 4)?;
    sample.load();
    let mut reader = Peer::start(["second".as_ref(), "reader".as_ref(), path.as_os_str()])?;
    let mut table = Table::new("2nd loads", LEGEND);
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
