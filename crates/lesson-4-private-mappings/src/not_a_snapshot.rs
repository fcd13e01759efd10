//! Wrong: a private mapping used as a snapshot of the file. A page that was not stored to follows the
//! file. `cargo lesson-4` runs it; [`snapshot`](crate::snapshot) is the repair.

use common::{Context, Peer, Result, Stage, compare, page_size, say, sentence};

use crate::picture::draw;
use crate::{PrivateMapping, lettered, second_process};

/// The step of the story.
///
/// # Errors
/// If a system call fails; the error names the call and the file.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("not-a-snapshot");
    let file = lettered::create(&path, 2)?;
    let mut second = Peer::start([second_process::ROLE.as_ref(), path.as_os_str()])?;

    let mapping = PrivateMapping::of(&file, 2 * page_size()).step_on("mmap", &path)?;
    mapping.store(0, b"A");

    draw("\"A\" stored to page 0", &mapping)?;
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
    compare("page 1: ", shown(1), "\"12345\"")?;
    sentence("A real snapshot would still show \"bbbbb\" in page 1.")?;
    draw("After the writes", &mapping)?;
    page_view::pause()
}
