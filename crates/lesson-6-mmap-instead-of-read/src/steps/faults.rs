//! Step 2: how many pages one page fault maps. This depends on the file's folios in the page cache,
//! and these depend on how the file was written.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use common::{Context, Result, Stage, compare, page_size, say, sentence};
use memmap2::Advice;
use page_view::Cell;

use crate::cost::{Cost, cost_of, mapped, write_lines};
use crate::{Region, View};

const LENGTH: usize = 8 << 20;
/// The pages of the file that is drawn.
const PAGES: usize = 32;
/// The bytes of one page's entry in the page table.
const ENTRY: usize = 8;
/// How often a state is tried before the pages are drawn as they are.
const MOST_TRIES: usize = 20;

/// Step 2.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    pictures(&stage.scratch.path().join("sample"))?;
    let pages = LENGTH / page_size();
    say!("")?;
    sentence(&format!(
        "A cached file of 8 MiB ({pages} pages). The program loads one byte from each page."
    ))?;
    sentence("(Counts vary with the kernel and the file system.)")?;
    say!("   {:<33} {:>7} {:>15}", "", "faults", "KiB per fault")?;
    let small = stage.scratch.path().join("small-pieces");
    let large = stage.scratch.path().join("large-pieces");
    for (piece, path, bytes) in [("a page", &small, page_size()), ("1 MiB", &large, 1 << 20)] {
        let file = write_lines(path, LENGTH, bytes)?;
        let view = View::of(&file, LENGTH).step_on("mmap", path)?;
        report(&format!("file written {piece} at a time"), load_each_page(&view)?)?;
        compare("   faults in a second pass: ", load_each_page(&view)?.faults(), 0)?;
    }
    let file = File::open(&large).step_on("open", &large)?;
    let view = View::of(&file, LENGTH).step_on("mmap", &large)?;
    view.advise(Advice::PopulateRead).step_on("madvise", &large)?;
    compare("faults after MADV_POPULATE_READ: ", load_each_page(&view)?.faults(), 0)
}

/// Draws which pages are mapped: after one load, and after each of two kinds of advice.
fn pictures(path: &Path) -> Result<()> {
    let length = PAGES * page_size();
    let file = write_lines(path, length, page_size())?;
    file.sync_all().step_on("fsync", path)?; // Or the pages would be drawn as dirty ones.
    let region = in_one_table(&file, length).step_on("mmap", path)?;
    let advise = |advice| region.advise(0, length, advice).step_on("madvise", path);
    sentence(&format!("A cached file of {PAGES} pages:"))?;
    let read = || fs::read(path).map(drop).step_on("read", path);
    until_all(Cell::Cached, &region, length, read)?;
    draw("mapped", &region, length)?;
    page_view::look("the file is mapped")?;
    region.load(0);
    draw("one byte of page 0 loaded", &region, length)?;
    page_view::look("one byte is loaded")?;
    let populate = || advise(libc::MADV_POPULATE_READ);
    until_all(Cell::Mapped, &region, length, populate)?;
    draw("after MADV_POPULATE_READ", &region, length)?;
    page_view::look("after MADV_POPULATE_READ")?;
    let empty = || populate().and_then(|()| advise(libc::MADV_DONTNEED));
    until_all(Cell::Cached, &region, length, empty)?;
    draw("after MADV_DONTNEED", &region, length)?;
    compare("pages in the page table: ", mapped(region.address(), length)?, 0)?;
    page_view::look("after MADV_DONTNEED")
}

/// Maps `file` at addresses whose entries are all in one page table. One fault fills entries of one
/// table only, so across a border the drawn fault would map fewer pages.
fn in_one_table(file: &File, length: usize) -> io::Result<Region> {
    let map = || Region::of(file, length, libc::PROT_READ, libc::MAP_SHARED);
    let table = page_size() / ENTRY * page_size();
    let first = map()?;
    let last_byte = first.address() + length - 1;
    // While the first mapping lives, a second one gets other addresses.
    if first.address() / table == last_byte / table { Ok(first) } else { map() }
}

fn draw(label: &str, region: &Region, length: usize) -> Result<()> {
    say!("   {label}")?;
    let addresses = region.address()..region.address() + length;
    page_view::show_rows(&[("      this process", std::process::id(), addresses)])
}

/// Repeats `work` until every page is in the state `cell`: the kernel may evict a clean page at any
/// moment.
fn until_all(
    cell: Cell,
    region: &Region,
    length: usize,
    work: impl Fn() -> Result<()>,
) -> Result<()> {
    for _ in 0..MOST_TRIES {
        work()?;
        let addresses = region.address()..region.address() + length;
        let view = page_view::View::of(std::process::id(), addresses)?;
        if page_view::parts(&view).iter().all(|(_, found)| *found == cell) {
            break;
        }
    }
    Ok(())
}

/// Loads one byte of each page.
fn load_each_page(view: &View) -> Result<Cost> {
    let loads = || {
        let mut byte = [0];
        (0..view.len()).step_by(page_size()).for_each(|offset| view.copy_to(offset, &mut byte));
        Ok(())
    };
    Ok(cost_of(loads)?.1)
}

fn report(what: &str, cost: Cost) -> Result<()> {
    let each = (LENGTH >> 10).checked_div(cost.faults()).unwrap_or(0);
    say!("   {what:<33} {:>7} {each:>15}", cost.faults())
}
