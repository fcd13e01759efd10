//! What a page fault brings: never one page alone. How many bytes depends on how the page cache
//! holds the file, and that on how it was written. `cargo lesson-6` shows it.

use std::fs::File;
use std::path::Path;

use common::{Context, Result, Stage, page_size, say};
use memmap2::Advice;

use crate::cost::{Cost, cost_of, write_lines};
use crate::picture::draw_here;
use crate::{Region, View};

const LENGTH: usize = 8 << 20;

/// Pages of the file that is drawn: a row of the picture.
const PAGES: usize = 48;

/// The step of the story.
pub fn show(stage: &mut Stage) -> Result<()> {
    pictures(&stage.scratch.path().join("pictured"))?;
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

/// What one load brings, and what two kinds of advice do, page by page.
fn pictures(path: &Path) -> Result<()> {
    let length = PAGES * page_size();
    let file = write_lines(path, length, page_size())?;
    file.sync_all().step_on("fsync", path)?; // Or the pages would be drawn as unwritten ones.
    let region = Region::of(&file, length, libc::PROT_READ, libc::MAP_SHARED);
    let region = region.step_on("mmap", path)?;
    let draw = |label: &str| draw_here(label, region.address(), length);
    say!("   {PAGES} pages, a letter each (which neighbours one load brings varies):")?;
    let untouched = draw("mapped")?;
    region.load(length / 2);
    let touched = draw(&format!("page {} loaded", PAGES / 2))?;
    page_view::explain(&[&untouched, &touched])?;
    page_view::pause()?;
    for (name, advice) in
        [("MADV_POPULATE_READ", libc::MADV_POPULATE_READ), ("MADV_DONTNEED", libc::MADV_DONTNEED)]
    {
        region.advise(0, length, advice).step_on("madvise", path)?;
        draw(name)?;
        page_view::pause()?;
    }
    Ok(())
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
