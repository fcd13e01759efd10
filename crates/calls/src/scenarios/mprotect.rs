//! Scenarios of `mprotect`.

use common::{Context, Result, page_size};
use lesson_1_mapping_a_file::sys::MmapCall;

use super::Scenarios;

pub(super) const SCENARIOS: Scenarios = &[("store-after-mprotect", store_after_mprotect)];

fn store_after_mprotect() -> Result<()> {
    let area = MmapCall::anonymous(page_size()).make().step("mmap")?;
    area.store(0, 7);
    area.protect(0, page_size(), libc::PROT_READ).step("mprotect")?;
    println!("loaded {}", area.load(0));
    area.store(0, 8);
    println!("stored yes");
    Ok(())
}
