//! The errors of `msync`, and what it has written before it returns one: step 7 of `cargo lesson-3`.

use std::io;
use std::process::id;

use common::{Context, Result, Stage, compare, errno_name, page_size, sentence};

use crate::table::unless_flushed;
use crate::{MappedFile, msync, sys};

/// What `msync` returned, by name.
pub fn name(result: io::Result<()>) -> String {
    result.map_or_else(|error| errno_name(&error), |()| "0".into())
}

/// Step 7: the errors, then the two that come after `msync` has written some pages.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let page = page_size();
    let sample = MappedFile::new(&stage.scratch.path().join("refusals"), 1)?;
    let start = sample.memory.address();
    let (kernel, nowhere) = (usize::MAX - page + 1, page); // The last page, and the second.
    let both = libc::MS_SYNC | libc::MS_ASYNC;
    sentence("Each line: a call of msync, and what it returned: 0 (success) or an error.")?;
    for (what, address, length, flags, expected) in [
        ("MS_SYNC", start, page, libc::MS_SYNC, "0"),
        ("address inside a page", start + 1, page, libc::MS_SYNC, "EINVAL"),
        ("an unknown flag", start, page, 8, "EINVAL"),
        ("MS_SYNC with MS_ASYNC", start, page, both, "EINVAL"),
        ("nothing mapped there", nowhere, page, libc::MS_SYNC, "ENOMEM"),
        ("the kernel's own address", kernel, page, libc::MS_SYNC, "ENOMEM"),
        ("length 0, nothing mapped", nowhere, 0, libc::MS_SYNC, "0"),
        ("length SIZE_MAX, rounds to 0", start, usize::MAX, libc::MS_SYNC, "0"),
    ] {
        compare(&format!("{what:<29} "), name(msync(address, length, flags)), expected)?;
    }
    gap(stage)?;
    locked(stage)
}

/// A gap in the range: `MS_SYNC` writes the pages on both sides, then returns `ENOMEM`.
fn gap(stage: &Stage) -> Result<()> {
    let path = stage.scratch.path().join("gap");
    let sample = MappedFile::new(&path, 8)?;
    let watcher = MappedFile::open(&path)?;
    sample.store(b'A');
    let length = sample.memory.length();
    let start = sample.memory.unmap_pages(3..5).step_on("munmap", &path)?;
    let pages = || {
        page_view::show_rows(&[("   the range", id(), start..start + length)])?;
        page_view::pause()
    };
    pages()?;
    let answer = name(msync(start, length, libc::MS_SYNC));
    compare(&format!("{:<29} ", "2 of 8 pages not mapped"), answer, "ENOMEM")?;
    left_dirty(&watcher, 2)?;
    pages()
}

/// A locked page in the range: with `MS_INVALIDATE`, `MS_SYNC` writes the pages before it, then returns
/// `EBUSY`.
fn locked(stage: &Stage) -> Result<()> {
    let path = stage.scratch.path().join("locked");
    let sample = MappedFile::new(&path, 8)?;
    let watcher = MappedFile::open(&path)?;
    let (start, length) = (sample.memory.address(), sample.memory.length());
    sample.store(b'A');
    sys::mlock(start + 3 * page_size(), page_size()).step_on("mlock", &path)?;
    let pages = || {
        page_view::show_rows(&[("   the range", id(), start..start + length)])?;
        page_view::pause()
    };
    pages()?;
    let flags = libc::MS_SYNC | libc::MS_INVALIDATE;
    let answer = name(msync(start, length, flags));
    compare(&format!("{:<29} ", "MS_SYNC|MS_INVALIDATE, locked"), answer, "EBUSY")?;
    left_dirty(&watcher, 5)?;
    pages()
}

/// Of the eight pages that were stored to, `left` must still be dirty.
fn left_dirty(watcher: &MappedFile, left: u64) -> Result<()> {
    watcher.load();
    if !watcher.instruments.gets_clean {
        return Ok(()); // Without a disk the number says nothing: every page stays dirty.
    }
    let (left, seen) = (watcher.instruments.left_by_a_part(left), watcher.dirty()?.mapped());
    let what = format!("   {:<26} ", "dirty pages left, of 8:");
    match compare(&what, seen, left) {
        Err(_) if seen < left => unless_flushed(false, "what a refused msync leaves dirty"),
        shown => shown,
    }
}
