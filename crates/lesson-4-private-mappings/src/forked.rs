//! `fork` copies no page: parent and child share the private copies until one of the two stores.
//! `Pss` in smaps, a process's proportional share, shows it: a page of two processes counts half.
//! `cargo lesson-4` shows it.

use common::{Context, Result, Stage, page_size, say};
use page_view::mapping_at;

use crate::picture::{draw, draw_both};
use crate::sys::{Line, fork};
use crate::{PrivateView, lettered};

/// The step of the story.
///
/// # Errors
/// Any step of the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("forked");
    let file = lettered::create(&path, 4)?;
    let view = PrivateView::of(&file, 4 * page_size()).step_on("mmap", &path)?;
    view.store(0, b"ours");
    view.copy_now(0, 4 * page_size()).step_on("madvise MADV_POPULATE_WRITE", &path)?;
    say!("   share = Pss of smaps: a page of two processes counts half in each")?;
    say!(
        "   {:<40} {} pages (expected 4)",
        "4 private copies; the parent's share:",
        share(&view)?
    )?;

    draw("4 private copies", &view)?;
    let mut child = fork(|line| child(line, &view)).step("fork")?;
    let first = char::from(child.hear().step("hear the child")?);
    say!("    {:<39} {first:?} (expected 'o')", "forked; the child loads from page 0:")?;
    let pid = child.pid.as_raw().cast_unsigned();
    draw_both("forked: the parent", &view, ("the child, the same pages", pid, view.addresses()))?;
    page_view::pause()?;
    say!("   {:<40} {} pages (expected 2)", "the parent's share:", share(&view)?)?;
    let own = char::from(child.turn().step("hear the child")?);
    say!("    {:<39} {own:?} (expected 'c')", "the child stores \"child\" and loads:")?;
    say!("   {:<40} {:?} (expected 'o')", "the parent loads:", char::from(view.load(0)))?;
    page_view::pause()?;
    say!("   {:<40} {} pages (expected 2.5)", "the parent's share:", share(&view)?)?;
    child.end().step("wait for the child")?;
    say!("   {:<40} {} pages (expected 4)", "the child has ended; the share:", share(&view)?)
}

/// Loads, stores and loads again, one turn each.
fn child(line: &mut Line, view: &PrivateView) -> std::io::Result<()> {
    line.tell(view.load(0))?;
    line.hear()?;
    view.store(0, b"child");
    line.tell(view.load(0))?;
    line.hear().map(drop)
}

/// `Pss` in pages: how many of the view are this process's, a page of two processes counted half.
fn share(view: &PrivateView) -> Result<f64> {
    let mapping = mapping_at(std::process::id(), view.address())?;
    let bytes = mapping.and_then(|mapping| mapping.sum("Pss")).unwrap_or(0);
    let halves = bytes * 2 / page_size() as u64; // A page of two processes counts half.
    Ok(f64::from(u32::try_from(halves).unwrap_or(u32::MAX)) / 2.0)
}
