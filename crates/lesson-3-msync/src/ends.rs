//! How a process ends changes nothing about its stores: step 2 of `cargo lesson-3`.

use common::{Context, Peer, Result, Stage};

use crate::{Sight, Specimen, Table};

/// The step of the story: a second process stores to eight pages and ends, three times.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let mut table = Table::new("1st reads")?;
    for end in ["munmap", "exit", "killed"] {
        let path = stage.scratch.path().join(end);
        let specimen = Specimen::new(&path, 8)?;
        let mut storer = Peer::start(["second".as_ref(), end.as_ref(), path.as_os_str()])?;
        storer.hear()?; // It has stored, and this process has touched nothing.
        let seen = specimen.read()?.to_string();
        table.row_of_both("the second has stored", &specimen, 8, 0, &seen, &mut storer)?;
        let act = match end {
            "munmap" => {
                storer.tell("unmap")?;
                storer.hear()?;
                "munmap and close"
            }
            "exit" => {
                storer.wait()?;
                "exit"
            }
            _ => {
                storer.process.kill().step("kill the second process")?;
                storer.wait()?;
                "SIGKILL"
            }
        };
        specimen.load(); // smaps speaks of pages that this process has touched.
        table.row(act, &specimen, 8, 8, &specimen.read()?.to_string())?;
    }
    table.end(Sight::beside(stage.scratch.path())?)
}
