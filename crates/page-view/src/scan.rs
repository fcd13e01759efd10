//! Which pages of an address range have an entry in the page table. `PAGEMAP_SCAN` skips empty parts.
//! Before Linux 6.7, `/proc/PID/pagemap` is read in blocks.
//!
//! # Safety
//! The only unsafe code is one system call. It writes regions into memory of ours and is told the
//! length of that memory. Its flags ask for a report and never for write protection.
#![expect(unsafe_code, reason = "an ioctl that no crate wraps")]

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

use common::page_size;

/// Neighbouring pages with equal entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entries {
    pub(crate) addresses: Range<usize>,
    pub(crate) present: bool,
    /// A page of the page cache, which shared anonymous memory uses too; not a private page.
    pub(crate) file_page: bool,
}

const FILE: u64 = 1 << 2;
const PRESENT: u64 = 1 << 3;
const SWAPPED: u64 = 1 << 4;
/// How many regions one call returns, and how many entries one read.
const AT_ONCE: usize = 1 << 12;

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct PageRegion {
    start: u64,
    end: u64,
    categories: u64,
}

#[repr(C)]
#[derive(Default)]
struct PmScanArg {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    vec: u64,
    vec_len: u64,
    max_pages: u64,
    category_inverted: u64,
    category_mask: u64,
    category_anyof_mask: u64,
    return_mask: u64,
}

const PAGEMAP_SCAN: libc::Ioctl = libc::_IOWR::<PmScanArg>(b'f' as u32, 16);

/// The pages of `range` that are present or swapped out, lowest first.
pub(crate) fn entries(pagemap: &File, range: Range<usize>) -> io::Result<Vec<Entries>> {
    match scan(pagemap, range.clone()) {
        Err(error) if error.raw_os_error() == Some(libc::ENOTTY) => read(pagemap, range),
        scanned => scanned,
    }
}

/// Whether the address space that `pagemap` was opened on still exists: its process has neither
/// ended nor executed another program.
pub(crate) fn is_alive(pagemap: &File) -> io::Result<bool> {
    Ok(pagemap.read_at(&mut [0; 8], 0)? == 8)
}

/// Calls `ioctl(pagemap, PAGEMAP_SCAN, …)` until the whole range is scanned.
fn scan(pagemap: &File, range: Range<usize>) -> io::Result<Vec<Entries>> {
    let mut regions = vec![PageRegion::default(); AT_ONCE];
    let mut found = Vec::new();
    let mut request = PmScanArg {
        size: size_of::<PmScanArg>() as u64,
        start: range.start as u64,
        end: range.end as u64,
        vec: regions.as_mut_ptr().expose_provenance() as u64,
        vec_len: AT_ONCE as u64,
        category_anyof_mask: PRESENT | SWAPPED,
        return_mask: PRESENT | SWAPPED | FILE,
        ..PmScanArg::default()
    };
    while request.start < request.end {
        // SAFETY: the kernel reads and writes one PmScanArg, laid out as `struct pm_scan_arg`, and
        // writes at most `vec_len` regions at `vec`, which is `regions`: as long, alive, and not
        // borrowed during the call.
        let count = unsafe { libc::ioctl(pagemap.as_raw_fd(), PAGEMAP_SCAN, &raw mut request) };
        let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        for PageRegion { start, end, categories } in &regions[..count] {
            let present = categories & PRESENT != 0;
            let addresses = address(*start)..address(*end);
            push(&mut found, Entries { addresses, present, file_page: categories & FILE != 0 });
        }
        request.start = request.walk_end;
    }
    Ok(found)
}

/// Finds the same by reading eight bytes for each page, also for empty ones.
fn read(pagemap: &File, range: Range<usize>) -> io::Result<Vec<Entries>> {
    let mut found = Vec::new();
    for_each_entry(pagemap, range, |address, entry| {
        let (present, file_page) = (entry >> 63 & 1 == 1, entry >> 61 & 1 == 1);
        if present || entry >> 62 & 1 == 1 {
            let addresses = address..address + page_size();
            push(&mut found, Entries { addresses, present, file_page });
        }
    })?;
    Ok(found)
}

/// Calls `see` with the address and the entry of each page. If the address space is gone, there are
/// none.
pub(crate) fn for_each_entry(
    pagemap: &File,
    range: Range<usize>,
    mut see: impl FnMut(usize, u64),
) -> io::Result<()> {
    let mut bytes = vec![0; AT_ONCE * 8];
    let mut start = range.start;
    while start < range.end {
        let pages = ((range.end - start) / page_size()).min(AT_ONCE);
        let count = pagemap.read_at(&mut bytes[..pages * 8], (start / page_size()) as u64 * 8)? / 8;
        if count == 0 {
            break;
        }
        for (index, entry) in bytes[..count * 8].as_chunks().0.iter().enumerate() {
            see(start + index * page_size(), u64::from_ne_bytes(*entry));
        }
        start += count * page_size();
    }
    Ok(())
}

fn push(found: &mut Vec<Entries>, next: Entries) {
    if let Some(last) = found.last_mut()
        && last.addresses.end == next.addresses.start
        && (last.present, last.file_page) == (next.present, next.file_page)
    {
        last.addresses.end = next.addresses.end;
    } else {
        found.push(next);
    }
}

fn address(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scanning_and_reading_see_the_same_pages() {
        let pagemap = File::open("/proc/self/pagemap").unwrap();
        let held = vec![1_u8; 64 * page_size()];
        let start = held.as_ptr().addr().next_multiple_of(page_size()) - page_size();
        let range = start..start + 64 * page_size();
        let scanned = match scan(&pagemap, range.clone()) {
            Err(error) if error.raw_os_error() == Some(libc::ENOTTY) => {
                assert!(!course::kernel_at_least(6, 7), "Linux 6.7 and newer have PAGEMAP_SCAN");
                println!("before Linux 6.7 there is no PAGEMAP_SCAN: nothing was compared");
                return;
            }
            scanned => scanned.unwrap(),
        };
        assert_eq!(scanned, read(&pagemap, range).unwrap());
        assert!(!scanned.is_empty());
    }
}
