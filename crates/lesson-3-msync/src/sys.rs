//! The calls of this lesson behind types: `msync`, `mlock`, `sync_file_range`. `cargo lesson-3` uses
//! them all.
//!
//! # Safety
//! The calls take numbers, and change neither what a byte holds nor who may touch it: no address is
//! wrong for them in Rust's eyes, only in the kernel's. The one `mmap` takes free addresses.
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
/// `EINVAL` if `address` is no multiple of the page size or `flags` are none; `EBUSY` for
/// `MS_INVALIDATE` over a page that this process has locked; `ENOMEM` if a page of the range is not
/// mapped; and whatever the disk answered while it was written to: `EIO`, `ENOSPC`, `EDQUOT`.
pub fn msync(address: usize, length: usize, flags: libc::c_int) -> io::Result<()> {
    // SAFETY: msync stores to no byte of the range, whatever the numbers are.
    done(unsafe { libc::msync(ptr::without_provenance_mut(address), length, flags) })
}

/// `mlock(address, length)`: keeps the pages of the range in memory.
///
/// # Errors
/// `ENOMEM` above the limit on locked memory or where nothing is mapped, `EPERM` if it is 0.
pub fn mlock(address: usize, length: usize) -> io::Result<()> {
    // SAFETY: mlock stores to no byte of the range, whatever the numbers are.
    done(unsafe { libc::mlock(ptr::without_provenance(address), length) })
}

/// `mmap(NULL, length, prot, MAP_ANONYMOUS | flags, -1, 0)`: memory without a file, mapped until
/// the process ends; where it begins.
///
/// # Errors
/// `EINVAL` if `flags` are none, `ENOMEM` if there is no room.
pub fn map_anonymous(length: usize, prot: i32, flags: i32) -> io::Result<usize> {
    let flags = flags & (libc::MAP_SHARED | libc::MAP_PRIVATE) | libc::MAP_ANONYMOUS;
    // SAFETY: without MAP_FIXED the kernel takes free addresses: no memory of Rust's is replaced.
    let start = unsafe { libc::mmap(ptr::null_mut(), length, prot, flags, -1, 0) };
    if start == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(start.addr()) }
}

/// `sync_file_range(file, 0, 0, …)`: writes the whole file's dirty pages and waits for them; the
/// disk's own cache and the file's metadata are left alone. On overlayfs it does nothing.
///
/// # Errors
/// `EIO`, `ENOSPC` from the disk; `ESPIPE` for what is no file.
pub fn sync_file_range(file: &File) -> io::Result<()> {
    let flags = libc::SYNC_FILE_RANGE_WRITE | libc::SYNC_FILE_RANGE_WAIT_AFTER;
    // SAFETY: takes numbers only.
    done(unsafe { libc::sync_file_range(file.as_raw_fd(), 0, 0, flags) })
}

fn done(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
