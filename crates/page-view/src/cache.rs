//! The page cache's view of a file: `cachestat` and `mincore`.
//!
//! # Safety
//! The only unsafe code is two system calls. Each writes its answer into memory of ours, and is told
//! the size of that memory. Neither touches the pages that it reports on.
#![expect(unsafe_code, reason = "system calls that no crate wraps")]

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::ptr;

use common::page_size;

/// The same number on every architecture. The libc crate has no name for it on glibc.
const SYS_CACHESTAT: libc::c_long = 451;

/// What `cachestat` counts, in pages.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheCounts {
    /// In the page cache.
    pub cached: u64,
    /// Dirty: the disk does not have their newest bytes, and writeback has not begun.
    pub dirty: u64,
    /// Under writeback: they are being written to the disk.
    pub writeback: u64,
    /// Evicted: they were in the page cache and are no longer there.
    pub evicted: u64,
    /// Evicted so recently that the kernel counts a refault of them as memory pressure.
    pub recently_evicted: u64,
}

/// `cachestat(fd, {0, 0}, …)`: counts the pages of a whole file and touches none.
///
/// On overlayfs every count is 0. On tmpfs no page counts as dirty.
///
/// # Errors
/// `ENOSYS` before Linux 6.5; `EPERM` if the file is neither the caller's nor writable by the
/// caller; `EBADF`; `EOPNOTSUPP` for a file in huge pages.
pub fn cache_counts(file: impl AsFd) -> io::Result<CacheCounts> {
    cache_counts_in(file, 0, 0)
}

/// Counts the pages of `length` bytes from `offset` on. If `length` is 0, counts to the end of the
/// file.
///
/// # Errors
/// As [`cache_counts`].
pub fn cache_counts_in(file: impl AsFd, offset: u64, length: u64) -> io::Result<CacheCounts> {
    #[repr(C)]
    struct CachestatRange {
        offset: u64,
        length: u64,
    }
    let range = CachestatRange { offset, length };
    let mut counts = CacheCounts::default();
    let (fd, flags) = (file.as_fd().as_raw_fd(), 0);
    // SAFETY: the kernel reads one CachestatRange and writes one CacheCounts; both live here, are
    // repr(C), and have the fields of `struct cachestat_range` and `struct cachestat`.
    let result =
        unsafe { libc::syscall(SYS_CACHESTAT, fd, &raw const range, &raw mut counts, flags) };
    if result == 0 { Ok(counts) } else { Err(io::Error::last_os_error()) }
}

/// `mincore(address, length, …)`: tells for each page of a range of this process whether a load
/// would find it in the page cache. The range is not touched.
///
/// # Errors
/// `EINVAL` if `address` is not a multiple of the page size, `ENOMEM` if a page is not mapped.
pub fn resident(address: usize, length: usize) -> io::Result<Vec<bool>> {
    let mut bytes = vec![0_u8; length.div_ceil(page_size())];
    let start = ptr::without_provenance_mut(address);
    // SAFETY: mincore writes one byte for each page of the range, and `bytes` has that many.
    let result = unsafe { libc::mincore(start, length, bytes.as_mut_ptr()) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(bytes.into_iter().map(|byte| byte & 1 == 1).collect()) // The other bits are undefined.
}
