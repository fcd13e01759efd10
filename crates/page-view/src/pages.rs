//! The entries of a page table: `/proc/PID/pagemap`.

use std::fs::File;
use std::path::PathBuf;

use common::{Context, Result, page_size};

use crate::frames::FRAME_NUMBER;
use crate::scan::for_each_entry;

/// One page of an address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The page table has an entry that leads to memory (bit 63).
    pub present: bool,
    /// `Some(true)` is a page of the page cache, which shared anonymous memory uses too;
    /// `Some(false)` is a private page (bit 61). `None` if the page is not present.
    pub file_page: Option<bool>,
    /// The page frame's number, which only root may see.
    pub frame: Option<u64>,
    /// No other page table holds it (bit 56).
    pub exclusive: bool,
}

/// The pages of process `pid` from address `start`, `count` of them.
///
/// # Errors
/// `ENOENT` if there is no such process, `EACCES` if it is another user's.
pub fn pages(pid: u32, start: usize, count: usize) -> Result<Vec<Page>> {
    let path = PathBuf::from(format!("/proc/{pid}/pagemap"));
    let pagemap = File::open(&path).step_on("open", &path)?;
    let first = start - start % page_size();
    let mut pages = Vec::with_capacity(count);
    let range = first..first + count * page_size();
    for_each_entry(&pagemap, range, |_, entry| pages.push(Page::from_entry(entry)))
        .step_on("read", &path)?;
    Ok(pages)
}

impl Page {
    fn from_entry(entry: u64) -> Self {
        let bit = |number: u32| entry >> number & 1 == 1;
        if !bit(63) {
            return Self { present: false, file_page: None, frame: None, exclusive: false };
        }
        let frame = Some(entry & FRAME_NUMBER).filter(|frame| *frame != 0);
        Self { present: true, file_page: Some(bit(61)), frame, exclusive: bit(56) }
    }
}
