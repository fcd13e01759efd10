//! What each act does to the dirty pages, and what a second process reads meanwhile: step 1 of
//! `cargo lesson-3`.

use common::{Context, Peer, Result, Stage};

use crate::{Specimen, Table, save_async, save_sync};

/// The step of the story: a file of eight pages, and a second process that reads it.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("acts");
    let specimen = Specimen::new(&path, 8)?;
    let mut reader = Peer::start(["second".as_ref(), "reader".as_ref(), path.as_os_str()])?;
    let mut both_map = false;
    let mut table = Table::new("2nd reads")?;
    let mut show = |act: &str, dirty: u64| -> Result<()> {
        let mapped = act == "the second maps it, too";
        both_map |= mapped;
        reader.tell(if mapped { "map" } else { "read" })?;
        let seen = reader.hear()?.chars().next().unwrap_or('?').to_string();
        match both_map {
            true => table.row_of_both(act, &specimen, dirty, 8, &seen, &mut reader),
            false => table.row(act, &specimen, dirty, 8, &seen),
        }
    };

    specimen.load();
    show("mapped, and loaded", 0)?;
    specimen.store(b'A');
    show("A stored to 8 pages", 8)?;
    show("the second maps it, too", 8)?;
    save_async::save(&specimen.memory, b"B").step_on("msync", &path)?;
    show("B stored, MS_ASYNC, 1 page", 8)?;
    specimen.msync(libc::MS_ASYNC)?;
    show("MS_ASYNC, 8 pages", 8)?;
    save_sync::save(&specimen.memory, b"C").step_on("msync", &path)?;
    show("C stored, MS_SYNC, 1 page", specimen.sight.left_by_a_part(7))?;
    specimen.msync(libc::MS_SYNC)?;
    show("MS_SYNC, 8 pages", 0)?;
    specimen.memory.store(0, b'D');
    show("D stored to 1 page", 1)?;
    table.end(specimen.sight)
}
