//! Counts of a file's pages in the page cache, on every kernel: by `cachestat`, and before Linux 6.5,
//! which has no `cachestat`, by a mapping of the file.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::process;

use memmap2::{MmapOptions, MmapRaw};
use page_view::{CacheCounts, cache_counts, mapping_at, resident};

/// Whether this machine has `cachestat`: Linux 6.5 and newer, except where the filter of a container knows
/// no such call.
pub fn has_cachestat() -> bool {
    let scratch = crate::scratch();
    let file = File::create(scratch.path().join("counted")).expect("make a file");
    counts(&file).is_some()
}

/// How many pages of `file` are dirty, as `cachestat` counts them: 0 on tmpfs and overlayfs.
///
/// Before Linux 6.5 the kernel enters every page of the file in a page table of this process, and
/// smaps counts the dirty ones.
pub fn dirty_pages(file: &File) -> u64 {
    if let Some(counts) = counts(file) {
        return counts.dirty;
    }
    if has_no_counts(file) {
        return 0;
    }
    let Some(map) = mapped(MmapOptions::new().populate(), file) else { return 0 };
    let mapping = mapping_at(process::id(), map.as_ptr().addr()).expect("read smaps");
    let mapping = mapping.expect("the mapping is in smaps");
    let sum = |name| mapping.sum(name).expect("a sum of smaps");
    (sum("Private_Dirty") + sum("Shared_Dirty")) / common::page_size() as u64
}

/// How many pages of `file` are in the page cache, as `cachestat` counts them: 0 on overlayfs. Before
/// Linux 6.5 by `mincore`.
pub fn cached_pages(file: &File) -> u64 {
    if let Some(counts) = counts(file) {
        return counts.cached;
    }
    if file_system(file) == "overlayfs" {
        return 0;
    }
    let Some(map) = mapped(&MmapOptions::new(), file) else { return 0 };
    let pages = resident(map.as_ptr().addr(), map.len()).expect("mincore");
    pages.iter().filter(|cached| **cached).count() as u64
}

/// `None` where the kernel has no `cachestat`.
fn counts(file: &File) -> Option<CacheCounts> {
    match cache_counts(file) {
        Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => None,
        counts => Some(counts.expect("cachestat")),
    }
}

/// `None` if the file is empty.
fn mapped(options: &MmapOptions, file: &File) -> Option<MmapRaw> {
    let length = file.metadata().expect("stat the file").len();
    (length > 0).then(|| options.map_raw_read_only(file).expect("mmap"))
}

fn has_no_counts(file: &File) -> bool {
    matches!(file_system(file), "tmpfs" | "ramfs" | "overlayfs")
}

fn file_system(file: &File) -> &'static str {
    let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    common::file_system(&path).expect("ask for the file system")
}
