//! What the two instruments can count on a file system. `cargo lesson-3` says so below its tables.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use common::{Context, Result, file_system, page_size};
use page_view::{cache_counts, mapping_at};

use crate::{Memory, msync};

/// What can be counted of the pages of a file.
#[derive(Clone, Copy, Debug)]
pub struct Instruments {
    /// The name of the file system, where the course knows it.
    pub file_system: &'static str,
    /// Whether cachestat counts its dirty pages.
    pub by_cachestat: bool,
    /// Whether a written page ever becomes clean. Without a disk none does.
    pub gets_clean: bool,
    /// Whether `MS_SYNC` of one page leaves the others dirty. Otherwise it writes the whole file, or nothing.
    pub by_range: bool,
}

impl Instruments {
    /// What can be seen of files beside `path`.
    ///
    /// # Errors
    /// The system's, by step.
    pub fn beside(path: &Path) -> Result<Self> {
        let file_system = file_system(path)?;
        let (by_cachestat, gets_clean, by_range) = match file_system {
            "ext4" | "xfs" => (true, true, true),
            "btrfs" => (true, true, false),
            "tmpfs" | "ramfs" => (false, false, false),
            // Below overlayfs there can be any file system, and a file system without a name here is
            // not known.
            _ => probe(path)?,
        };
        Ok(Self { file_system, by_cachestat, gets_clean, by_range })
    }

    /// How many dirty pages `MS_SYNC` of a part of the file leaves, if `outside` lie outside it.
    pub fn left_by_a_part(self, outside: u64) -> u64 {
        if self.by_range { outside } else { 0 }
    }

    /// What both instruments must count, in pages: cachestat, and the sum of smaps. Of a file that
    /// was written whole, `dirty` pages were changed since they were last written to the disk, and
    /// `in_page_table` pages are in the page table of this process.
    pub fn expected(self, dirty: u64, in_page_table: u64) -> (u64, u64) {
        let by_cachestat = if self.by_cachestat { dirty } else { 0 };
        // Without a disk, a page that was ever written stays dirty.
        (by_cachestat, if self.gets_clean { dirty } else { in_page_table })
    }
}

/// Stores to two pages of a new file and calls `MS_SYNC` on the first: whether cachestat counted
/// dirty pages, whether a page became clean, and whether the second stayed dirty.
fn probe(path: &Path) -> Result<(bool, bool, bool)> {
    let path = path.with_extension(format!("probe-{:x}", rand::random::<u64>()));
    let mut file = (File::options().read(true).write(true).create_new(true).open(&path))
        .step_on("create", &path)?;
    for _ in 0..2 {
        file.write_all(&vec![b'.'; page_size()]).step_on("write", &path)?;
    }
    file.sync_all().step_on("fsync", &path)?;
    let memory = Memory::shared(&file).step_on("mmap", &path)?;
    fs::remove_file(&path).step_on("remove", &path)?;
    memory.store(0, b'A');
    memory.store(page_size(), b'A');
    let counted = match cache_counts(&file) {
        Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => 0,
        counts => counts.step_on("cachestat", &path)?.dirty,
    };
    msync(memory.address(), page_size(), libc::MS_SYNC).step_on("msync", &path)?;
    let mapping = mapping_at(std::process::id(), memory.address())?;
    let bytes = mapping.and_then(|mapping| mapping.sum("Private_Dirty")).unwrap_or(0);
    let left = bytes / page_size() as u64;
    Ok((counted > 0, left < 2, left == 1))
}
