//! `munmap`, `exit` and SIGKILL leave the same dirty pages: step 2 of `cargo lesson-3`.

use common::{Peer, Result, Stage};

use crate::table::Expected;
use crate::{Instruments, MappedFile, Table};

/// What differs from the table of step 1.
const LEGEND: &[&str] = &[
    "The table is as in step 1, but now the second process stores. It ends in three ways.",
    "1st reads: the first byte of the file, which this process (the first one) reads by pread.",
];

/// Step 2: a second process stores to four pages and ends, in three ways.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let mut table = Table::new("1st reads", LEGEND);
    for way in ["munmap", "exit", "SIGKILL"] {
        let path = stage.scratch.path().join(format!("ledger-{way}"));
        let sample = MappedFile::new(&path, 4)?;
        let mut storer = Peer::start(["second".as_ref(), way.as_ref(), path.as_os_str()])?;
        storer.hear()?; // It has stored. This process has not touched a page yet.
        let seen = sample.read()?.to_string();
        table.row("2nd process stored B", &sample, expected(0), &seen)?;
        table.pages("2nd process stored B", &sample, Some(&mut storer))?;
        let act = match way {
            "munmap" => {
                storer.ask("unmap")?;
                "munmap and close"
            }
            "exit" => {
                storer.wait()?;
                "exit"
            }
            _ => {
                storer.kill()?;
                "SIGKILL"
            }
        };
        sample.load(); // smaps counts only pages that are in this process's page table.
        table.row(act, &sample, expected(4), &sample.read()?.to_string())?;
        table.pages(&format!("after {act}"), &sample, None)?;
    }
    table.end(Instruments::beside(stage.scratch.path())?)
}

/// All four pages are dirty, and so many of them are in the page table of this process.
fn expected(in_page_table: u64) -> Expected {
    Expected { dirty: 4, in_page_table }
}
