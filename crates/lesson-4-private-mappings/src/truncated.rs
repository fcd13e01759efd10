//! A private copy is not out of the file's reach: a truncation takes it away, if its whole page
//! lies past the new end. `cargo lesson-4` shows it.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use common::{Context, Peer, Result, Stage, page_size, say};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;

use crate::picture::draw;
use crate::{PrivateView, lettered};

/// The hidden role that touches what the truncation took.
pub const ROLE: &str = "touch-truncated";

/// The step of the story.
///
/// # Errors
/// Any step of the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("truncated");
    let file = lettered::create(&path, 4)?;
    let view = PrivateView::of(&file, 4 * page_size()).step_on("mmap", &path)?;
    let (middle, end) = (page_size() + 5, 2 * page_size() - 5);
    view.store(end, b"mine!");
    view.copy_now(0, 4 * page_size()).step_on("madvise MADV_POPULATE_WRITE", &path)?;
    draw("four private copies", &view)?;
    page_view::pause()?;
    file.set_len(middle as u64).step_on("ftruncate", &path)?;
    draw("the file cut 5 bytes into page 1", &view)?;
    page_view::pause()?;
    let kept = view.text(end, 5);
    say!("   the end of page 1, past the end of the file: {kept:?} (expected \"mine!\")")?;

    let cut = stage.scratch.path().join("cut");
    let mut peer = Peer::start([ROLE.as_ref(), cut.as_os_str()])?;
    let signal = peer.wait()?.signal().and_then(|number| Signal::try_from(number).ok());
    let signal = signal.map_or("exit", Signal::as_str);
    say!("    a process that loads its lost copy ends by {signal} (expected SIGBUS)")?;

    file.set_len(4 * page_size() as u64).step_on("ftruncate", &path)?;
    draw("the file grown again", &view)?;
    page_view::pause()?;
    let lost = char::from(view.load(2 * page_size()));
    say!("   page 2 now begins with {lost:?} (expected '\\0', not 'c')")
}

/// Makes `path`, copies its last page, cuts the file before it, and loads from the copy: SIGBUS.
///
/// # Errors
/// `EEXIST` if there is such a file; any other step of the system's before the load.
pub fn touch(path: &Path) -> Result<()> {
    common::end_with_parent()?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0).step("setrlimit")?; // It dies on purpose.
    let file = lettered::create(path, 2)?;
    let view = PrivateView::of(&file, 2 * page_size()).step_on("mmap", path)?;
    view.store(page_size(), b"mine");
    file.set_len(page_size() as u64).step_on("ftruncate", path)?;
    say!("loaded {}", view.load(page_size()))
}
