//! The page cache keeps a file in folios, runs of one or more pages. A store makes a folio dirty as
//! a whole, and `MS_SYNC` then writes all of it: step 5 of `cargo lesson-3`.

use std::io::Write;
use std::path::Path;
use std::process::id;

use common::{Context, Result, Stage, page_size, say, sentence};

use crate::table::unless_flushed;
use crate::{MappedFile, Memory, msync};

/// Pages of the story's files.
pub const PAGES: usize = 256;

/// How many pages of each file are drawn, and how many of the file written at once are mapped. If a
/// folio fits into the mapping, one page fault can map the whole folio (from Linux 6.18 on). Then
/// `smaps` would count it too. So the mapping is shorter than a large folio.
const MAPPED: usize = 64;

/// Makes a clean file of `pages` pages with a single `write`, and maps its first ones.
///
/// # Errors
/// The system's, by step.
pub fn written_at_once(path: &Path, pages: usize) -> Result<MappedFile> {
    let mut file = std::fs::File::create_new(path).step_on("create", path)?;
    file.write_all(&vec![b'.'; pages * page_size()]).step_on("write", path)?;
    file.sync_all().step_on("fsync", path)?;
    let mut sample = MappedFile::open(path)?;
    let length = pages.min(MAPPED) * page_size();
    sample.memory = Memory::shared_start(&sample.file, length).step_on("mmap", path)?;
    Ok(sample)
}

/// Step 5: stores one byte in each of two files: the first was written page by
/// page, the second by one `write`.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let by_page = MappedFile::new(&stage.scratch.path().join("by-page"), PAGES)?;
    let at_once = written_at_once(&stage.scratch.path().join("at-once"), PAGES)?;
    sentence(&format!(
        "Two files of {PAGES} pages. This process stores one byte in each file. The pictures show the first {MAPPED} pages. cachestat and smaps count dirty pages, as in step 1. A folio is a run of pages that the page cache handles as one."
    ))?;
    say!("   dirty pages: counted (expected)")?;
    say!("   {:<18} {:<21} smaps", "the file was made", "cachestat")?;
    for (how, more, sample) in
        [("page by page", "", &by_page), ("by one write", " or more", &at_once)]
    {
        sample.memory.store(0, b'A');
        let (dirty, (cache, mapped)) = (sample.dirty()?, sample.instruments.expected(1, 1));
        let by_cache = dirty.cache.map_or("unknown".into(), |pages| pages.to_string());
        let by_cache = format!("{by_cache} ({cache}{more})");
        say!("   {how:<18} {by_cache:<21} {} ({mapped}{more})", dirty.mapped())?;
        let enough = |seen, least| if more.is_empty() { seen == least } else { seen >= least };
        let by_cache = dirty.cache.is_none_or(|seen| enough(seen, cache));
        unless_flushed(by_cache && enough(dirty.mapped(), mapped), "dirty pages")?;
    }
    pages(&by_page, &at_once)?;
    sentence(
        "The size of a folio depends on the file system, the kernel and the free memory. smaps counts only the pages that are in this process's page table.",
    )?;
    let start = at_once.memory.address();
    msync(start, page_size(), libc::MS_SYNC).step_on("msync", &at_once.path)?;
    sentence(match (by_page.instruments.gets_clean, by_page.instruments.by_range) {
        (false, _) => "There is no disk, so MS_SYNC writes nothing:",
        (true, false) => "In \"at once\", MS_SYNC of page 0 writes the whole file:",
        (true, true) => "In \"at once\", MS_SYNC of page 0 writes its whole folio:",
    })?;
    pages(&by_page, &at_once)
}

/// Draws the first pages of both files.
fn pages(by_page: &MappedFile, at_once: &MappedFile) -> Result<()> {
    let first = |sample: &MappedFile| {
        let start = sample.memory.address();
        start..start + MAPPED * page_size()
    };
    page_view::show_rows(&[
        ("   by page", id(), first(by_page)),
        ("   at once", id(), first(at_once)),
    ])?;
    page_view::pause()
}
