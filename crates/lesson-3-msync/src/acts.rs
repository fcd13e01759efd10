//! What each act does to the dirty pages, and what another process reads meanwhile: step 1 of
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
    let mut table = Table::new("another process reads")?;
    let mut ask = |turn: &str| -> Result<String> {
        reader.tell(turn)?;
        Ok(reader.hear()?.chars().next().unwrap_or('?').to_string())
    };

    specimen.load();
    table.row("mapped, and loaded", &specimen, 0, 8, &ask("read")?)?;
    specimen.store(b'A');
    table.row("A stored to 8 pages", &specimen, 8, 8, &ask("read")?)?;
    let seen = ask("map")?;
    table.row("the other maps it, too", &specimen, 8, 8, &seen)?;
    save_async::save(&specimen.memory, b"B").step_on("msync", &path)?;
    table.row("B stored, MS_ASYNC, 1 page", &specimen, 8, 8, &ask("read")?)?;
    specimen.msync(libc::MS_ASYNC)?;
    table.row("MS_ASYNC, 8 pages", &specimen, 8, 8, &ask("read")?)?;
    save_sync::save(&specimen.memory, b"C").step_on("msync", &path)?;
    let left = specimen.sight.left_by_a_part(7);
    table.row("C stored, MS_SYNC, 1 page", &specimen, left, 8, &ask("read")?)?;
    specimen.msync(libc::MS_SYNC)?;
    table.row("MS_SYNC, 8 pages", &specimen, 0, 8, &ask("read")?)?;
    specimen.memory.store(0, b'D');
    table.row("D stored to 1 page", &specimen, 1, 8, &ask("read")?)?;
    table.end(specimen.sight)
}
