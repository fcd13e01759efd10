//! Repaired: a snapshot of the file, because every page is copied before it is used.
//! `cargo lesson-4` shows it; [`not_a_snapshot`](crate::not_a_snapshot) is the wrong version.

use common::{Context, Peer, Result, Stage, page_size, say};

use crate::picture::draw;
use crate::{PrivateView, lettered, neighbour};

/// The step of the story.
///
/// # Errors
/// Any step of the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("snapshot");
    let file = lettered::create(&path, 2)?;
    let mut neighbour = Peer::start([neighbour::ROLE.as_ref(), path.as_os_str()])?;

    let view = PrivateView::of(&file, 2 * page_size()).step_on("mmap", &path)?;
    view.copy_now(0, 2 * page_size()).step_on("madvise MADV_POPULATE_WRITE", &path)?;
    view.store(0, b"A");

    draw("one byte stored to page 0", &view)?;
    say!("   page 0 {:?}, page 1 {:?}", view.text(0, 5), view.text(page_size(), 5))?;
    draw("both pages loaded from", &view)?;
    page_view::pause()?;
    for page in [0, 1] {
        let line = format!("write {} 12345", page * page_size());
        let done = neighbour::ask(&mut neighbour, &line)?;
        say!("    the second process writes \"12345\" to the start of page {page}: {done}")?;
    }
    say!("   page 0 {:?} (expected {:?} of a snapshot)", view.text(0, 5), "Aaaaa")?;
    say!("   page 1 {:?} (expected {:?} of a snapshot)", view.text(page_size(), 5), "bbbbb")?;
    draw("the same pages, in the end", &view)
}
