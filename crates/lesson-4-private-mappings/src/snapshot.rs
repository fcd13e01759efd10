//! Repaired: a snapshot of the file, because every page is copied before it is used.
//! `cargo lesson-4` runs it; [`not_a_snapshot`](crate::not_a_snapshot) is the wrong version.

use common::{Context, Peer, Result, Stage, compare, page_size, say};

use crate::picture::draw;
use crate::{PrivateMapping, lettered, second_process};

/// The step of the story.
///
/// # Errors
/// If a system call fails; the error names the call and the file.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("snapshot");
    let file = lettered::create(&path, 2)?;
    let mut second = Peer::start([second_process::ROLE.as_ref(), path.as_os_str()])?;

    let mapping = PrivateMapping::of(&file, 2 * page_size()).step_on("mmap", &path)?;
    mapping.copy_pages(0, 2 * page_size()).step_on("madvise MADV_POPULATE_WRITE", &path)?;
    mapping.store(0, b"A");

    draw("Both pages copied, then \"A\" stored to page 0", &mapping)?;
    let shown = |page: usize| format!("{:?}", mapping.text(page * page_size(), 5));
    compare("page 0: ", shown(0), "\"Aaaaa\"")?;
    compare("page 1: ", shown(1), "\"bbbbb\"")?;
    draw("One byte loaded from each page", &mapping)?;
    page_view::pause()?;
    for page in [0, 1] {
        let line = format!("write {} 12345", page * page_size());
        second.ask(&line)?;
        say!("    the second process writes \"12345\" to page {page}")?;
    }
    compare("page 0: ", shown(0), "\"Aaaaa\"")?;
    compare("page 1: ", shown(1), "\"bbbbb\"")?;
    draw("After the writes", &mapping)?;
    page_view::pause()
}
