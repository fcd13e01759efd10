//! Wrong: a private mapping taken for a snapshot of the file. What was not stored to follows the
//! file. `cargo lesson-4` shows it; [`snapshot`](crate::snapshot) is the repair.

use common::{Context, Peer, Result, Stage, page_size, say};

use crate::picture::draw;
use crate::{PrivateView, lettered, neighbour};

/// The step of the story.
///
/// # Errors
/// Any step of the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("not-a-snapshot");
    let file = lettered::create(&path, 2)?;
    let mut neighbour = Peer::start([neighbour::ROLE.as_ref(), path.as_os_str()])?;

    let view = PrivateView::of(&file, 2 * page_size()).step_on("mmap", &path)?;
    view.store(0, b"A");

    draw("one byte stored to page 0", view.address(), 2)?;
    say!("   page 0 {:?}, page 1 {:?}", view.text(0, 5), view.text(page_size(), 5))?;
    for offset in [0, page_size()] {
        let done = neighbour::ask(&mut neighbour, &format!("write {offset} 12345"))?;
        say!("    the second process writes \"12345\" at byte {offset} of the file: {done}")?;
    }
    say!("   page 0 {:?}, expected {:?} of a snapshot", view.text(0, 5), "Aaaaa")?;
    say!("   page 1 {:?}, expected {:?} of a snapshot", view.text(page_size(), 5), "bbbbb")
}
