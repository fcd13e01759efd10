//! A range of addresses of which a part is not mapped: what `madvise` and `mincore` do with it.
//!
//! # Safety
//! A scenario has one thread, and maps nothing between making the gap and unmapping the region.
#![expect(unsafe_code, reason = "unmaps a page of a region")]

use std::path::Path;

use common::{Context, Result, outcome, page_size, say};

use crate::Region;
use crate::cost::{mapped, write_lines};

/// Advice on three pages; the middle page is not mapped. Says before and after whether the first and
/// the last page are in the page table: `1 0` means only the first.
pub(super) fn advise(advice: libc::c_int) -> Result<()> {
    let region = three_pages()?;
    let present = || -> Result<String> {
        let page = |number| mapped(region.address() + number * page_size(), page_size());
        Ok(format!("{} {}", page(0)?, page(2)?))
    };
    if advice == libc::MADV_POPULATE_READ {
        region.advise(0, 3 * page_size(), libc::MADV_DONTNEED).step("madvise")?;
    }
    say!("before {}", present()?)?;
    // SAFETY: one thread, which maps nothing more: see the preface.
    unsafe { region.unmap(page_size(), page_size()) }.step("munmap")?;
    let answer = region.advise(0, 3 * page_size(), advice);
    say!("errno {}", outcome(&answer))?;
    say!("after {}", present()?)
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
