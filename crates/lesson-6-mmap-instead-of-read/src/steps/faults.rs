//! What a page fault brings: never one page alone. How many bytes depends on how the page cache
//! holds the file, and that on how it was written. `cargo lesson-6` shows it.

use std::fs::File;

use common::{Context, Result, Stage, page_size, say};
use memmap2::Advice;

use crate::View;
use crate::cost::{Cost, cost_of, write_lines};

const LENGTH: usize = 8 << 20;

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    let pages = LENGTH / page_size();
    say!("   8 MiB, in the page cache, {pages} pages, one load in each of them (counts vary):")?;
    let small = stage.scratch.path().join("small-pieces");
    let large = stage.scratch.path().join("large-pieces");
    let written = [("a page", &small, page_size()), ("1 MiB", &large, 1 << 20)];
    for (piece, path, bytes) in written {
        let file = write_lines(path, LENGTH, bytes)?;
        let view = View::of(&file, LENGTH).step_on("mmap", path)?;
        report(&format!("written by {piece} at a time"), pass(&view)?)?;
        report("the same view again", pass(&view)?)?;
    }
    let file = File::open(&large).step_on("open", &large)?;
    let view = View::of(&file, LENGTH).step_on("mmap", &large)?;
    view.advise(Advice::PopulateRead).step_on("madvise", &large)?;
    report("after MADV_POPULATE_READ", pass(&view)?)
}

/// One load in each page.
fn pass(view: &View) -> Result<Cost> {
    let loads = || {
        let mut byte = [0];
        (0..view.len()).step_by(page_size()).for_each(|offset| view.copy_to(offset, &mut byte));
        Ok(())
    };
    Ok(cost_of(loads)?.1)
}

fn report(what: &str, cost: Cost) -> Result<()> {
    let faults = usize::try_from(cost.minor + cost.major).unwrap_or(0);
    let each = LENGTH.checked_div(faults).map_or("none".into(), |bytes| format!("{bytes}"));
    say!("   {what:<32} {faults:>5} faults, bytes per fault: {each}")
}
