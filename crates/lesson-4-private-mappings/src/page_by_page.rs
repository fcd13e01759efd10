//! Copy-on-write, one page at a time: mapped, stored to, loaded from, stored to again.
//! `cargo lesson-4` runs it.

use common::{Context, Result, Stage, compare, page_size};

use crate::picture::draw;
use crate::{PrivateMapping, lettered};

/// The step of the story.
///
/// # Errors
/// If a system call fails; the error names the call and the file.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("letters");
    let file = lettered::create(&path, 4)?;
    let mapping = PrivateMapping::of(&file, 4 * page_size()).step_on("mmap", &path)?;
    draw("Mapped, no page accessed", &mapping)?;
    page_view::look("mapped")?;
    mapping.store(2 * page_size(), b"C");
    draw("One byte stored to page 2", &mapping)?;
    page_view::look("one byte stored to page 2")?;
    mapping.load_each_page(4);
    draw("One byte loaded from each page", &mapping)?;
    page_view::look("one byte loaded from each page")?;
    mapping.store(0, b"A");
    draw("One byte stored to page 0", &mapping)?;
    page_view::look("after the store to page 0")?;
    let in_smaps = page_view::mapping_at(std::process::id(), mapping.address())?;
    let copied = in_smaps.and_then(|found| found.sum("Anonymous")).unwrap_or(0);
    let pages = copied / page_size() as u64;
    compare("`Anonymous` in smaps: ", format!("{pages} pages"), "2 pages")
}
