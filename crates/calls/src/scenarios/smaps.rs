//! Scenarios of `/proc/PID/clear_refs`, which concerns every page of a process, and of
//! `/proc/PID/pagemap` as an ordinary user sees it.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::{Context, Failure, Result, outcome, page_size};
use lesson_1_mapping_a_file::sys::MmapCall;

use super::Scenarios;

pub(super) const SCENARIOS: Scenarios = &[("clear-refs", clear_refs), ("pagemap-frame", frame)];

/// Prints what pagemap tells of a page that was stored to: whether it is present, and its frame's number.
fn frame() -> Result<()> {
    let area = MmapCall::anonymous(page_size()).make().step("mmap")?;
    area.store(0, 1);
    let mut bytes = [0; 8];
    let at = area.address() / page_size() * bytes.len();
    let pagemap = File::open("/proc/self/pagemap").step("open /proc/self/pagemap")?;
    pagemap.read_exact_at(&mut bytes, at as u64).step("pread")?;
    let entry = u64::from_ne_bytes(bytes);
    println!("present {}", entry >> 63);
    println!("frame {}", entry & ((1 << 55) - 1));
    Ok(())
}

/// Reads `Referenced` of pages that were stored to, before and after each write to `clear_refs`.
fn clear_refs() -> Result<()> {
    // The pages without permission around the four keep the kernel from joining them with other memory.
    let guarded = MmapCall { prot: libc::PROT_NONE, ..MmapCall::anonymous(6 * page_size()) };
    let area = guarded.make().step("mmap")?;
    let both = libc::PROT_READ | libc::PROT_WRITE;
    area.protect(page_size(), 4 * page_size(), both).step("mprotect")?;
    (1..5).for_each(|page| area.store(page * page_size(), 1));
    let referenced = || {
        let address = area.address() + page_size();
        let mapping = page_view::mapping_at(std::process::id(), address)?;
        let sum = mapping.and_then(|mapping| mapping.sum("Referenced"));
        sum.ok_or_else(|| Failure::refusal("read", Path::new("smaps"), "no Referenced"))
    };
    println!("before {}", referenced()?);
    for number in ["0", "6", "999", "no-number"] {
        println!("wrote-{number} {}", outcome(&fs::write("/proc/self/clear_refs", number)));
    }
    println!("still {}", referenced()?);
    println!("wrote-1 {}", outcome(&fs::write("/proc/self/clear_refs", "1")));
    println!("after {}", referenced()?);
    println!("bytes {}", area.load(page_size()) + area.load(4 * page_size()));
    Ok(())
}
