//! What the instruments can see, by file system. `cargo lesson-3` says so below its tables.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use common::{Context, Result, file_system, page_size};
use page_view::mapping_at;

use crate::{Memory, msync};

/// What can be told about the pages of a file.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// The name of the file system.
    pub file_system: &'static str,
    /// Whether cachestat counts its dirty pages.
    pub by_cachestat: bool,
    /// Whether a page ever gets clean: where there is no disk, none does.
    pub gets_clean: bool,
    /// Whether `MS_SYNC` flushes its range only; else it flushes the whole file.
    pub by_range: bool,
}

impl Sight {
    /// What can be seen of files beside `path`.
    ///
    /// # Errors
    /// The system's, by step.
    pub fn beside(path: &Path) -> Result<Self> {
        let file_system = file_system(path)?;
        let (by_cachestat, gets_clean, by_range) = match file_system {
            "tmpfs" => (false, false, false),
            // Its pages are those of another file, underneath: on a tmpfs, or on any disk.
            "overlayfs" => {
                let left = left_by_ms_sync_of_one_page_of_two(path)?;
                (false, left < 2, left == 1)
            }
            "btrfs" => (true, true, false),
            _ => (true, true, true),
        };
        Ok(Self { file_system, by_cachestat, gets_clean, by_range })
    }

    /// How many dirty pages `MS_SYNC` of a part of the file leaves, if `outside` are outside of it.
    pub fn left_by_a_part(self, outside: u64) -> u64 {
        if self.by_range { outside } else { 0 }
    }

    /// What both instruments must say, in pages, when `dirty` pages wait for the disk and `touched`
    /// pages are in this process's page table: cachestat, and the sum of smaps.
    pub fn expected(self, dirty: u64, touched: u64) -> (u64, u64) {
        let by_cachestat = if self.by_cachestat { dirty } else { 0 };
        (by_cachestat, if self.gets_clean { dirty } else { touched })
    }
}

/// Tries it: of two dirty pages, how many smaps calls dirty when one has been flushed.
fn left_by_ms_sync_of_one_page_of_two(path: &Path) -> Result<u64> {
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
    msync(memory.address(), page_size(), libc::MS_SYNC).step_on("msync", &path)?;
    let mapping = mapping_at(std::process::id(), memory.address())?;
    let bytes = mapping.and_then(|mapping| mapping.sum("Private_Dirty")).unwrap_or(0);
    Ok(bytes / page_size() as u64)
}
