//! Copy-on-write, page by page: mapped, stored to, loaded from, stored to again.
//! `cargo lesson-4` shows it.

use common::{Context, Result, Stage, page_size, say};

use crate::picture::draw;
use crate::{PrivateView, lettered};

/// The step of the story.
///
/// # Errors
/// Any step of the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("page-by-page");
    let file = lettered::create(&path, 4)?;
    let view = PrivateView::of(&file, 4 * page_size()).step_on("mmap", &path)?;
    draw("mapped, nothing touched", &view)?;
    page_view::pause()?;
    view.store(2 * page_size(), b"C");
    draw("one byte stored to page 2", &view)?;
    page_view::pause()?;
    for page in 0..4 {
        view.load(page * page_size());
    }
    draw("a byte loaded from every page", &view)?;
    page_view::pause()?;
    view.store(0, b"A");
    draw("one byte stored to page 0", &view)?;
    let mapping = page_view::mapping_at(std::process::id(), view.address())?;
    let copied = mapping.and_then(|mapping| mapping.sum("Anonymous")).unwrap_or(0);
    say!("   smaps says Anonymous: {copied} bytes (expected 2 pages, {})", 2 * page_size())
}
