//! A range of addresses of which a part is not mapped: what `madvise` and `mincore` do with it.
//!
//! # Safety
//! A scenario has one thread, and maps nothing between making the gap and unmapping the region.
#![expect(unsafe_code, reason = "unmaps a page of a region")]

use std::path::Path;

use common::{Context, Result, outcome, page_size, say};

use crate::Region;
use crate::cost::{mapped, write_lines};

/// `MADV_DONTNEED` on three pages; the middle page is not mapped.
pub(super) fn advise() -> Result<()> {
    let region = three_pages()?;
    let count = || -> Result<usize> {
        Ok(mapped(region.address(), page_size())?
            + mapped(region.address() + 2 * page_size(), page_size())?)
    };
    say!("mapped-before {}", count()?)?;
    // SAFETY: one thread, which maps nothing more: see the preface.
    unsafe { region.unmap(page_size(), page_size()) }.step("munmap")?;
    let answer = region.advise(0, 3 * page_size(), libc::MADV_DONTNEED);
    say!("errno {}", outcome(&answer))?;
    say!("mapped-after {}", count()?)
}

/// `mincore` on three pages; the middle page is not mapped.
pub(super) fn resident() -> Result<()> {
    let region = three_pages()?;
    let mut vector = [0; 3];
    say!("errno-whole {}", outcome(&region.resident(0, 3 * page_size(), Some(&mut vector))))?;
    // SAFETY: one thread, which maps nothing more: see the preface.
    unsafe { region.unmap(page_size(), page_size()) }.step("munmap")?;
    say!("errno-gap {}", outcome(&region.resident(0, 3 * page_size(), Some(&mut vector))))
}

/// Three pages of a file, all in the page table.
fn three_pages() -> Result<Region> {
    let path = Path::new("three-pages");
    let file = write_lines(path, 3 * page_size(), page_size())?;
    let region = Region::of(&file, 3 * page_size(), libc::PROT_READ, libc::MAP_SHARED);
    let region = region.step_on("mmap", path)?;
    for page in 0..3 {
        let _ = region.load(page * page_size()); // Only the page fault matters.
    }
    Ok(region)
}
