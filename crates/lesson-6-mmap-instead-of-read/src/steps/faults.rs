//! What a page fault brings: never one page alone. How many bytes depends on how the page cache
//! holds the file, and that on how it was written. `cargo lesson-6` shows it.

use std::fs::{self, File};
use std::path::Path;

use common::{Context, Result, Stage, page_size, say};
use memmap2::Advice;
use page_view::Cell;

use crate::cost::{Cost, cost_of, write_lines};
use crate::picture::{draw_here, print_here};
use crate::{Region, View};

const LENGTH: usize = 8 << 20;

/// Pages of the file that is drawn: a row of the picture.
const PAGES: usize = 48;
/// Times that a state is brought about before it is drawn as it is.
const MOST_TRIES: usize = 20;

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
    let advise = |advice| region.advise(0, length, advice).step_on("madvise", path);
    say!("   {PAGES} pages, a letter each (which neighbours one load brings varies):")?;
    let read = || fs::read(path).map(drop).step_on("read", path);
    let untouched = once_all(Cell::Cached, &region, length, read)?;
    print_here("mapped", &untouched)?;
    region.load(length / 2);
    let name = format!("page {} loaded", PAGES / 2);
    draw_here(&name, region.address(), length)?;
    page_view::pause()?;
    let populate = || advise(libc::MADV_POPULATE_READ);
    print_here("MADV_POPULATE_READ", &once_all(Cell::Mapped, &region, length, populate)?)?;
    page_view::pause()?;
    let empty = || populate().and_then(|()| advise(libc::MADV_DONTNEED));
    print_here("MADV_DONTNEED", &once_all(Cell::Cached, &region, length, empty)?)?;
    page_view::pause()
}

/// Does `work` and looks; again if the kernel took a page out of the cache meanwhile, as it may do
/// with every page that the disk has.
fn once_all(
    cell: Cell,
    region: &Region,
    length: usize,
    work: impl Fn() -> Result<()>,
) -> Result<page_view::View> {
    let mut tries = 0..MOST_TRIES;
    loop {
        work()?;
        let addresses = region.address()..region.address() + length;
        let view = page_view::View::of(std::process::id(), addresses)?;
        let settled = page_view::parts(&view).iter().all(|(_, found)| *found == cell);
        if settled || tries.next().is_none() {
            return Ok(view);
        }
    }
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
