//! Scenarios of `mincore`.

use common::{Context, Result, page_size, say};
use lesson_1_mapping_a_file::failures::outcome;
use lesson_1_mapping_a_file::sys::MmapCall;

use super::{Scenarios, file};
use crate::sys::{Reserved, in_child, mincore, mlock};

pub(super) const SCENARIOS: Scenarios = &[
    ("mincore-memory", memory),
    ("mincore-child", child),
    ("mincore-locked", locked),
    ("mincore-nothing", nothing),
];

fn memory() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(3).step("mmap")?);
    let resident = || range.resident(page, 3 * page).step("mincore");
    say!("before {:?}", resident()?)?;
    range.store(2 * page, 7);
    say!("after-a-store {:?}", resident()?)?;
    range.load(page);
    say!("after-a-load {:?}", resident()?)?;
    range.advise(page, 3 * page, libc::MADV_DONTNEED).step("madvise")?;
    say!("after-dontneed {:?}", resident()?)
}

fn child() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(2).step("mmap")?);
    for (name, kind) in [("shared", libc::MAP_SHARED), ("private", libc::MAP_PRIVATE)] {
        let flags = kind | libc::MAP_ANONYMOUS;
        range.map(0, MmapCall { flags, ..MmapCall::anonymous(2 * page) }).step("mmap")?;
        in_child(|| {
            range.store(page, 7);
            Ok(())
        })
        .step("fork")?;
        say!("{name} {:?}", range.resident(0, 2 * page).step("mincore")?)?;
    }
    Ok(())
}

fn locked() -> Result<()> {
    let (page, range) = (page_size(), Reserved::pages(4).step("mmap")?);
    let file = file::of_pages("file", 4)?;
    range.map(0, MmapCall::shared(&file, 4 * page)).step("mmap")?;
    say!("before {:?}", range.resident(0, 4 * page).step("mincore")?)?;
    mlock::lock(range.address(0), 4 * page).step("mlock")?;
    say!("after {:?}", range.resident(0, 4 * page).step("mincore")?)
}

fn nothing() -> Result<()> {
    let (page, range) = (page_size(), Reserved::with_memory(1).step("mmap")?);
    say!("mapped {}", outcome(mincore::of_nothing(range.address(page))))?;
    say!("inside-a-page {}", outcome(mincore::of_nothing(range.address(page + 1))))?;
    say!("a-page-mapped {}", outcome(range.resident(page, page).map(drop)))?;
    range.unmap(page, page).step("munmap")?;
    say!("unmapped {}", outcome(mincore::of_nothing(range.address(page))))?;
    say!("a-page-unmapped {}", outcome(range.resident(page, page).map(drop)))
}
