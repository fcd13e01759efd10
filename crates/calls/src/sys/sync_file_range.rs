//! `sync_file_range`.
//!
//! # Safety
//! The call takes numbers only and changes no memory and no file: it writes what is dirty.
#![expect(unsafe_code, reason = "a call that no crate wraps")]

use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// `sync_file_range(file, offset, length, flags)`.
///
/// # Errors
/// `EBADF`, `EINVAL` (range or flags), `ESPIPE` (no file or block device), `EIO`, `ENOSPC`.
pub fn sync_file_range(
    file: impl AsFd,
    offset: libc::off_t,
    length: libc::off_t,
    flags: libc::c_uint,
) -> io::Result<()> {
    let number = file.as_fd().as_raw_fd();
    // SAFETY: takes numbers only.
    let result = unsafe { libc::sync_file_range(number, offset, length, flags) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
