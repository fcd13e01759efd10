//! The page cache's view of a file: `cachestat` and `mincore`.
//!
//! # Safety
//! The only unsafe code is two system calls that write what they know into memory of ours, whose
//! size they are told; neither touches the pages that it reports on.
#![expect(unsafe_code, reason = "system calls that no crate wraps")]

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::ptr;

use common::page_size;

/// One number for every architecture since Linux 5.1 unified them; libc's glibc half lacks it.
const SYS_CACHESTAT: libc::c_long = 451;

/// What `cachestat` counts, in pages.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheCounts {
    /// In the page cache.
    pub cached: u64,
    /// Changed, and not yet on their way to the disk.
    pub dirty: u64,
    /// On their way to the disk.
    pub writeback: u64,
    /// Were in the page cache and are not any more.
    pub evicted: u64,
    /// Of these, so lately that they are missed.
    pub recently_evicted: u64,
}

/// `cachestat(fd, {0, 0}, …)`: counts the pages of a whole file, touching none.
///
/// On overlayfs every count is 0, and tmpfs calls no page dirty.
///
/// # Errors
/// `ENOSYS` before Linux 6.5; `EPERM` if the file is neither the caller's nor writable by the
/// caller; `EBADF`; `EOPNOTSUPP` for a file in huge pages.
pub fn cache_counts(file: impl AsFd) -> io::Result<CacheCounts> {
    cache_counts_in(file, 0, 0)
}

/// The same for the `length` bytes from `offset` on; a length of 0 reaches to the end.
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

/// `mincore(address, length, …)`: for each page of this process's range, whether a load would find
/// it in the page cache. The range is not touched.
///
/// # Errors
/// `EINVAL` if `address` is no multiple of the page size, `ENOMEM` if a page is not mapped.
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
