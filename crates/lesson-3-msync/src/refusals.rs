//! Every error that `msync` has for its caller: step 7 of `cargo lesson-3`.

use std::io;
use std::process::id;

use common::{Context, Result, Stage, page_size, say};
use nix::errno::Errno;

use crate::table::{undisturbed, verdict};
use crate::{Specimen, msync, sys};

/// What `msync` returned, by name.
pub fn name(result: io::Result<()>) -> String {
    match result {
        Ok(()) => "0".into(),
        Err(error) => format!("{:?}", Errno::from_raw(error.raw_os_error().unwrap_or(0))),
    }
}

/// The step of the story: the calls, then the two refusals that come too late.
///
/// # Errors
/// The system's, by step.
pub fn show(stage: &mut Stage) -> Result<()> {
    let page = page_size();
    let specimen = Specimen::new(&stage.scratch.path().join("refusals"), 1)?;
    let start = specimen.memory.address();
    let (kernel, nowhere) = (usize::MAX - page + 1, page); // The last page, and the second.
    let both = libc::MS_SYNC | libc::MS_ASYNC;
    say!("   found (expected)")?;
    for (what, address, length, flags, expected) in [
        ("MS_SYNC", start, page, libc::MS_SYNC, "0"),
        ("address in mid-page", start + 1, page, libc::MS_SYNC, "EINVAL"),
        ("an unknown flag", start, page, 8, "EINVAL"),
        ("MS_SYNC with MS_ASYNC", start, page, both, "EINVAL"),
        ("nothing mapped there", nowhere, page, libc::MS_SYNC, "ENOMEM"),
        ("the kernel's own address", kernel, page, libc::MS_SYNC, "ENOMEM"),
        ("length 0, nothing mapped", nowhere, 0, libc::MS_SYNC, "0"),
        ("length SIZE_MAX: rounds to 0", start, usize::MAX, libc::MS_SYNC, "0"),
    ] {
        let found = name(msync(address, length, flags));
        say!("   {what:<30} {found} ({expected})")?;
        verdict(found == expected, what)?;
    }
    gap(stage)?;
    locked(stage)
}

/// A gap in the range: both sides are flushed, then comes the refusal.
fn gap(stage: &Stage) -> Result<()> {
    let path = stage.scratch.path().join("gap");
    let specimen = Specimen::new(&path, 8)?;
    let watcher = Specimen::open(&path)?;
    specimen.store(b'A');
    let length = specimen.memory.length();
    let start = specimen.memory.unmap_pages(3..5).step_on("munmap", &path)?;
    let pages = || {
        page_view::show_rows(&[("   the range", id(), start..start + length)])?;
        page_view::pause()
    };
    pages()?;
    let found = name(msync(start, length, libc::MS_SYNC));
    let what = "2 of 8 pages not mapped";
    say!("   {what:<30} {found} (ENOMEM){}", dirty(&watcher, 2)?)?;
    verdict(found == "ENOMEM", what)?;
    pages()
}

/// A locked page in the range: the pages before it are flushed, then comes the refusal.
fn locked(stage: &Stage) -> Result<()> {
    let path = stage.scratch.path().join("locked");
    let specimen = Specimen::new(&path, 8)?;
    let watcher = Specimen::open(&path)?;
    let (start, length) = (specimen.memory.address(), specimen.memory.length());
    specimen.store(b'A');
    sys::mlock(start + 3 * page_size(), page_size()).step_on("mlock", &path)?;
    let pages = || {
        page_view::show_rows(&[("   the range", id(), start..start + length)])?;
        page_view::pause()
    };
    pages()?;
    let flags = libc::MS_SYNC | libc::MS_INVALIDATE;
    let found = name(msync(start, length, flags));
    let what = "MS_INVALIDATE, page 3 locked";
    say!("   {what:<30} {found} (EBUSY){}", dirty(&watcher, 5)?)?;
    verdict(found == "EBUSY", what)?;
    pages()
}

/// Of the eight pages that were stored to, `left` should be dirty still.
fn dirty(watcher: &Specimen, left: u64) -> Result<String> {
    watcher.load();
    if !watcher.sight.gets_clean {
        return Ok(String::new()); // Every page is dirty for ever: it would say nothing.
    }
    let (left, found) = (watcher.sight.left_by_a_part(left), watcher.dirty()?.mapped());
    undisturbed(found == left, "what a refused msync leaves dirty")?;
    Ok(format!("; of 8 dirty pages {found} ({left}) left"))
}
