//! Typed wrappers of the calls of this lesson: `msync`, `mlock`, `sync_file_range`.
//!
//! # Safety
//! The calls take numbers. They change no byte of a file and no access right, so every address is
//! sound for Rust, even one that the kernel refuses. The one `mmap` lets the kernel choose free addresses.
#![expect(unsafe_code, reason = "system calls")]

pub mod loop_device;
mod memory;

pub use memory::Memory;

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr;

/// `msync(address, length, flags)`.
///
/// # Errors
/// `EINVAL` if `address` is no multiple of the page size or `flags` are not valid; `EBUSY` for
/// `MS_INVALIDATE` over addresses that this process has locked; `ENOMEM` if a page of the range is not
/// mapped; and the error of the disk while it was written, such as `EIO`.
pub fn msync(address: usize, length: usize, flags: libc::c_int) -> io::Result<()> {
    // SAFETY: msync changes at most bytes past the end of a file, as another process could.
    done(unsafe { libc::msync(ptr::without_provenance_mut(address), length, flags) })
}

/// `mlock(address, length)`: keeps the pages of the range in memory.
///
/// # Errors
/// `ENOMEM` above the limit on locked memory or where nothing is mapped, `EPERM` if the limit is 0.
pub fn mlock(address: usize, length: usize) -> io::Result<()> {
    // SAFETY: mlock stores to no byte of the range, whatever the numbers are.
    done(unsafe { libc::mlock(ptr::without_provenance(address), length) })
}

/// `mmap(NULL, length, prot, MAP_ANONYMOUS | flags, -1, 0)`: maps memory without a file until the
/// process ends, and returns where it begins.
///
/// # Errors
/// `EINVAL` if `flags` are not valid, `ENOMEM` if no addresses are free.
pub fn map_anonymous(length: usize, prot: i32, flags: i32) -> io::Result<usize> {
    let flags = flags & (libc::MAP_SHARED | libc::MAP_PRIVATE) | libc::MAP_ANONYMOUS;
    // SAFETY: without MAP_FIXED the kernel takes free addresses, so it replaces no memory of Rust's.
    let start = unsafe { libc::mmap(ptr::null_mut(), length, prot, flags, -1, 0) };
    if start == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(start.addr()) }
}

/// `sync_file_range(file, 0, 0, …)`: writes all dirty pages of the file and waits for them. It leaves
/// the disk's own cache and the file's metadata alone. On overlayfs it does nothing.
///
/// # Errors
/// `EIO`, `ENOSPC` from the disk; `ESPIPE` for a pipe or a socket.
pub fn sync_file_range(file: &File) -> io::Result<()> {
    let flags = libc::SYNC_FILE_RANGE_WRITE | libc::SYNC_FILE_RANGE_WAIT_AFTER;
    // SAFETY: the call takes numbers only.
    done(unsafe { libc::sync_file_range(file.as_raw_fd(), 0, 0, flags) })
}

fn done(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
