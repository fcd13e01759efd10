//! Scenarios of `mseal`: what is sealed stays until the process ends.

use common::{Context, Result, outcome, page_size};
use lesson_1_mapping_a_file::sys::{Area, MmapCall};

use super::Scenarios;
use crate::sys::mseal::{drop_pages, mseal};

pub(super) const SCENARIOS: Scenarios =
    &[("sealed", sealed), ("sealed-read-only", sealed_read_only), ("seal-refused", seal_refused)];

const PAGES: usize = 3;

fn pages() -> Result<Area> {
    MmapCall::anonymous(PAGES * page_size()).make().step("mmap")
}

fn sealed() -> Result<()> {
    let mut area = pages()?;
    area.store(0, 7);
    println!("seal {}", outcome(&mseal(area.address(), PAGES * page_size(), 0)));
    println!("again {}", outcome(&mseal(area.address(), page_size(), 0)));
    println!("mprotect {}", outcome(&area.protect(0, page_size(), libc::PROT_READ)));
    println!("munmap {}", outcome(&area.unmap(page_size(), page_size())));
    println!("mremap {}", outcome(&area.remap(PAGES + 1, libc::MREMAP_MAYMOVE)));
    println!("madvise {}", outcome(&drop_pages(&area)));
    area.store(1, 8);
    println!("bytes {} {}", area.load(0), area.load(1));
    println!("mmap {}", outcome(&area.replace(1, MmapCall::anonymous(page_size()))));
    Ok(())
}

/// The pages can be read only, so their bytes must not be dropped either.
fn sealed_read_only() -> Result<()> {
    let area = pages()?;
    area.store(0, 7);
    area.protect(0, PAGES * page_size(), libc::PROT_READ).step("mprotect")?;
    println!("seal {}", outcome(&mseal(area.address(), PAGES * page_size(), 0)));
    println!("madvise {}", outcome(&drop_pages(&area)));
    println!("byte {}", area.load(0));
    Ok(())
}

fn seal_refused() -> Result<()> {
    let area = pages()?;
    let (address, page) = (area.address(), page_size());
    println!("flags {}", outcome(&mseal(address, page, 1)));
    println!("unaligned {}", outcome(&mseal(address + 1, page, 0)));
    println!("wraps {}", outcome(&mseal(address, usize::MAX - page, 0)));
    area.unmap(page, page).step("munmap")?;
    println!("hole {}", outcome(&mseal(address, PAGES * page, 0)));
    println!("first {}", outcome(&area.protect(0, page, libc::PROT_READ)));
    println!("nothing {}", outcome(&mseal(address, 0, 0)));
    println!("then {}", outcome(&area.unmap(0, page)));
    Ok(())
}
