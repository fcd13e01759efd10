//! The page table's view: `/proc/PID/pagemap`.

use std::path::Path;

use common::{Context, Result, page_size};
use procfs::process::{MemoryPageFlags, PageInfo, Process};

use crate::system_error;

/// One page of an address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// In this process's page table: touched, and not taken away since (bit 63).
    pub present: bool,
    /// `Some(true)`: the file's own page, or shared anonymous memory; `Some(false)`: this
    /// process's private copy (bit 61). `None` if the page is not present.
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
    let path = format!("/proc/{pid}/pagemap");
    let path = Path::new(&path);
    let first = start / page_size();
    let pid = i32::try_from(pid).map_err(std::io::Error::other).step_on("open", path)?;
    let process = Process::new(pid).map_err(system_error).step_on("open", path)?;
    let mut pagemap = process.pagemap().map_err(system_error).step_on("open", path)?;
    let entries = pagemap.get_range_info(first..first + count).map_err(system_error);
    Ok(entries.step_on("read", path)?.into_iter().map(Page::from_entry).collect())
}

impl Page {
    fn from_entry(entry: PageInfo) -> Self {
        match entry {
            PageInfo::MemoryPage(flags) if flags.contains(MemoryPageFlags::PRESENT) => Self {
                present: true,
                file_page: Some(flags.contains(MemoryPageFlags::FILE)),
                frame: Some(flags.get_page_frame_number().0).filter(|frame| *frame != 0),
                exclusive: flags.contains(MemoryPageFlags::MMAP_EXCLUSIVE),
            },
            _ => Self { present: false, file_page: None, frame: None, exclusive: false },
        }
    }
}
