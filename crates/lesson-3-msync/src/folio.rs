//! The kernel keeps a file in folios of one or more pages, and a folio is dirty as a whole: step 5
//! of `cargo lesson-3`.

use std::io::Write;
use std::path::Path;
use std::process::id;

use common::{Context, Result, Stage, page_size, say};

use crate::table::undisturbed;
use crate::{Memory, Specimen};

/// Pages of the story's files.
pub const PAGES: usize = 256;

/// How many of them are mapped, if written at once, and drawn. A store may enter a folio that fits
/// in the mapping whole in the page table, if the addresses allow: a large one must not fit.
const MAPPED: usize = 64;

/// Makes a file of `pages` pages with a single `write`, clean, and maps its first ones.
///
/// # Errors
/// The system's, by step.
pub fn written_at_once(path: &Path, pages: usize) -> Result<Specimen> {
    let mut file = std::fs::File::create_new(path).step_on("create", path)?;
    file.write_all(&vec![b'.'; pages * page_size()]).step_on("write", path)?;
    file.sync_all().step_on("fsync", path)?;
    let mut specimen = Specimen::open(path)?;
    specimen.memory =
        Memory::shared_start(&specimen.file, MAPPED * page_size()).step_on("mmap", path)?;
    Ok(specimen)
}

/// The step of the story: one byte, stored to the same file written in two ways.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let by_page = Specimen::new(&stage.scratch.path().join("by-page"), PAGES)?;
    let at_once = written_at_once(&stage.scratch.path().join("at-once"), PAGES)?;
    say!("   a file of {PAGES} pages; dirty after one byte is stored: found (expected)")?;
    say!("   {:<28} {:<16} smaps", "written", "cachestat")?;
    for (how, more, specimen) in [("page by page", "", &by_page), ("at once", " or more", &at_once)]
    {
        specimen.memory.store(0, b'A');
        let (dirty, (cache, mapped)) = (specimen.dirty()?, specimen.sight.expected(1, 1));
        let by_cache = dirty.cache.map_or("unknown".into(), |pages| pages.to_string());
        let by_cache = format!("{by_cache} ({cache}{more})");
        say!("   {how:<28} {by_cache:<16} {} ({mapped}{more})", dirty.mapped())?;
        let enough = |found, least| if more.is_empty() { found == least } else { found >= least };
        let by_cache = dirty.cache.is_none_or(|found| enough(found, cache));
        undisturbed(by_cache && enough(dirty.mapped(), mapped), "dirty pages")?;
    }
    let first = |specimen: &Specimen| {
        let start = specimen.memory.address();
        start..start + MAPPED * page_size()
    };
    say!("   the first {MAPPED} of their pages:")?;
    page_view::show_rows(&[
        ("   by page", id(), first(&by_page)),
        ("   at once", id(), first(&at_once)),
    ])?;
    say!("   (how large the folios are varies with file system, kernel and free memory;")?;
    say!("   smaps counts only those of its pages that are in our page table)")?;
    page_view::pause()
}
