//! Whether a page of a file has still to be written: asked of the page cache itself, through a
//! mapping of the judge's own.
//!
//! `smaps` tells a page's dirtiness whoever dirtied it, for every file system that has pages, the
//! one below overlayfs too, and to every user that may read the file; `cachestat` does neither.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Result, page_size};
use memmap2::{Advice, MmapOptions, MmapRaw};

/// Whether the file's page at `offset`, a multiple of the page size, is dirty. A page of a large
/// folio is dirty if any of the folio is.
///
/// # Errors
/// EFAULT: the file ends before `offset` by now. Else the system's, by step.
pub fn is_dirty(file: &File, offset: u64) -> Result<bool> {
    let mut options = MmapOptions::new();
    let options = options.offset(offset).len(page_size());
    let window = options.map_raw_read_only(file).step("map the ledger's page")?;
    // Not by a load: whoever cuts the file at this moment would kill the judge.
    window.advise(Advice::PopulateRead).step("madvise MADV_POPULATE_READ")?;
    dirty_bytes(&window).map(|bytes| bytes > 0)
}

fn dirty_bytes(window: &MmapRaw) -> Result<u64> {
    let mapping = page_view::mapping_at(std::process::id(), window.as_ptr().addr())?;
    // "Shared" only means that the program has the page mapped, too.
    let sum = |name| mapping.as_ref().and_then(|mapping| mapping.sum(name)).unwrap_or_default();
    Ok(sum("Private_Dirty") + sum("Shared_Dirty"))
}

/// Whether files in `directory` have a disk below them: whether a flush makes a page clean.
///
/// # Errors
/// Those of making a file there and flushing it.
pub fn has_disk(directory: &Path) -> Result<bool> {
    // The instrument is tried before it is believed: a page that is clean at once has been flushed
    // by somebody else (`sync`), and says nothing.
    const TRIES: usize = 5;
    let path = directory.join(".probe");
    let mut options = File::options();
    let file = options.read(true).write(true).create_new(true).open(&path);
    let file = file.step_on("create", &path)?;
    std::fs::remove_file(&path).step_on("remove", &path)?;
    for number in 1..=TRIES {
        let content = vec![u8::try_from(number).unwrap_or_default(); page_size()];
        file.write_all_at(&content, 0).step_on("write", &path)?;
        if is_dirty(&file, 0)? {
            file.sync_data().step_on("fdatasync", &path)?;
            return is_dirty(&file, 0).map(|dirty| !dirty);
        }
    }
    Ok(false)
}
