//! The kernel keeps a file in folios of one or more pages, and a folio is dirty as a whole: step 5
//! of `cargo lesson-3`.

use std::io::Write;
use std::path::Path;

use common::{Context, Result, Stage, page_size, say};

use crate::Specimen;

/// Pages in the large writes, and in the whole file.
pub const PAGES: usize = 256;

/// Makes a file of [`PAGES`] pages with a single `write`, clean, and maps it.
///
/// # Errors
/// The system's, by step.
pub fn written_at_once(path: &Path) -> Result<Specimen> {
    let mut file = std::fs::File::create_new(path).step_on("create", path)?;
    file.write_all(&vec![b'.'; PAGES * page_size()]).step_on("write", path)?;
    file.sync_all().step_on("fsync", path)?;
    Specimen::open(path)
}

/// The step of the story: one byte, stored to the same file written in two ways.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let by_page = Specimen::new(&stage.scratch.path().join("by-page"), PAGES)?;
    let at_once = written_at_once(&stage.scratch.path().join("at-once"))?;
    say!("   a file of {PAGES} pages; dirty after one byte is stored: found (expected)")?;
    say!("   {:<28} {:<16} smaps", "written", "cachestat")?;
    for (how, more, specimen) in [("page by page", "", by_page), ("at once", " or more", at_once)] {
        specimen.memory.store(0, b'A');
        let (dirty, (cache, mapped)) = (specimen.dirty()?, specimen.sight.expected(1, 1));
        let by_cache = dirty.cache.map_or("unknown".into(), |pages| pages.to_string());
        let by_cache = format!("{by_cache} ({cache}{more})");
        say!("   {how:<28} {by_cache:<16} {} ({mapped}{more})", dirty.mapped())?;
    }
    say!("   (how large the folios are varies with file system, kernel and free memory)")
}
