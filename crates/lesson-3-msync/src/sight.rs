//! What the instruments can see, by file system. `cargo lesson-3` says so below its tables.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use common::{Context, Result, file_system, page_size};
use page_view::mapping_at;

use crate::Memory;

/// What can be told about the pages of a file.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// The name of the file system.
    pub file_system: &'static str,
    /// Whether cachestat counts its dirty pages.
    pub by_cachestat: bool,
    /// Whether a page ever gets clean: where there is no disk, none does.
    pub gets_clean: bool,
}

impl Sight {
    /// What can be seen of files beside `path`.
    ///
    /// # Errors
    /// The system's, by step.
    pub fn beside(path: &Path) -> Result<Self> {
        let file_system = file_system(path)?;
        let (by_cachestat, gets_clean) = match file_system {
            "tmpfs" => (false, false),
            // Its pages are those of another file, underneath; that may be on a tmpfs or on a disk.
            "overlayfs" => (false, gets_clean(path)?),
            _ => (true, true),
        };
        Ok(Self { file_system, by_cachestat, gets_clean })
    }

    /// What both instruments must say, in pages, when `dirty` pages wait for the disk and `touched`
    /// pages are in this process's page table: cachestat, and the sum of smaps.
    pub fn expected(self, dirty: u64, touched: u64) -> (u64, u64) {
        let by_cachestat = if self.by_cachestat { dirty } else { 0 };
        (by_cachestat, if self.gets_clean { dirty } else { touched })
    }
}

/// Tries it: whether smaps calls a page clean when `fsync` has returned.
fn gets_clean(path: &Path) -> Result<bool> {
    let path = path.with_extension(format!("probe-{:x}", rand::random::<u64>()));
    let mut file = (File::options().read(true).write(true).create_new(true).open(&path))
        .step_on("create", &path)?;
    file.write_all(&vec![b'.'; page_size()]).step_on("write", &path)?;
    file.sync_all().step_on("fsync", &path)?;
    let memory = Memory::shared(&file).step_on("mmap", &path)?;
    fs::remove_file(&path).step_on("remove", &path)?;
    memory.load(0); // smaps speaks of pages in the page table only.
    let mapping = mapping_at(std::process::id(), memory.address())?;
    Ok(mapping.and_then(|mapping| mapping.sum("Private_Dirty")) == Some(0))
}
