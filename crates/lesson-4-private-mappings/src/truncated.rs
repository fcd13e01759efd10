//! Truncating the file also discards private copies: those of pages wholly past the new end.
//! `cargo lesson-4` runs it.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use common::{Context, Peer, Result, Stage, compare, page_size, say};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;

use crate::picture::draw;
use crate::{PrivateMapping, lettered};

/// The hidden role that loads from a copy that was discarded.
pub const ROLE: &str = "load-discarded";

/// The step of the story.
///
/// # Errors
/// If a system call fails; the error names the call and the file.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("letters-truncated");
    let file = lettered::create(&path, 4)?;
    let mapping = PrivateMapping::of(&file, 4 * page_size()).step_on("mmap", &path)?;
    let (middle, end) = (page_size() + 5, 2 * page_size() - 5);
    mapping.store(end, b"mine!");
    mapping.copy_pages(0, 4 * page_size()).step_on("madvise MADV_POPULATE_WRITE", &path)?;
    draw("Four private copies", &mapping)?;
    page_view::look("four private copies")?;
    file.set_len(middle as u64).step_on("ftruncate", &path)?;
    file.sync_all().step_on("fsync", &path)?; // The pictures are not about dirty pages.
    draw("The file truncated to page 0 and 5 bytes of page 1", &mapping)?;
    let kept = format!("{:?}", mapping.text(end, 5));
    compare("the end of page 1: ", kept, "\"mine!\"")?;

    let cut = stage.scratch.path().join("cut");
    let mut second = Peer::start([ROLE.as_ref(), cut.as_os_str()])?;
    let signal = second.wait()?.signal().and_then(|number| Signal::try_from(number).ok());
    compare(" a load from a discarded copy: ", signal.map_or("exit", Signal::as_str), "SIGBUS")?;
    page_view::look("after the truncation")?;

    file.set_len(4 * page_size() as u64).step_on("ftruncate", &path)?;
    draw("After the file has grown again", &mapping)?;
    page_view::look("after the file has grown again")?;
    let lost = char::from(mapping.load(2 * page_size()));
    compare("page 2 now begins with: ", format!("{lost:?}"), "'\\0'")
}

/// Loads from a copy that a truncation has discarded: SIGBUS.
///
/// # Errors
/// `EEXIST` if there is such a file. Others, if a system call before the load fails.
pub fn load_discarded(path: &Path) -> Result<()> {
    let mapping = without_its_copy(path)?;
    say!("loaded {}", mapping.load(page_size()))
}

/// Stores to a copy that a truncation has discarded: SIGBUS.
///
/// # Errors
/// `EEXIST` if there is such a file. Others, if a system call before the store fails.
pub fn store_discarded(path: &Path) -> Result<()> {
    let mapping = without_its_copy(path)?;
    mapping.store(page_size(), b"more");
    say!("stored {}", mapping.text(page_size(), 4))
}

/// Makes `path`, maps it privately, copies its last page, and cuts the file before that page.
fn without_its_copy(path: &Path) -> Result<PrivateMapping> {
    common::end_with_parent()?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0).step("setrlimit")?; // It dies on purpose.
    let file = lettered::create(path, 2)?;
    let mapping = PrivateMapping::of(&file, 2 * page_size()).step_on("mmap", path)?;
    mapping.store(page_size(), b"mine");
    file.set_len(page_size() as u64).step_on("ftruncate", path)?;
    Ok(mapping)
}
