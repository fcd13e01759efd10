//! `truncate` of a path that is not in memory.
//!
//! # Safety
//! The C library passes the address to the kernel and does not follow it. The kernel reports an
//! address that it cannot read.
#![expect(unsafe_code, reason = "an address that no typed wrapper takes")]

use std::{io, ptr};

/// `truncate(NULL, 0)`.
///
/// # Errors
/// `EFAULT`.
pub fn truncate_null() -> io::Result<()> {
    // SAFETY: the kernel refuses the null address, and no code of this process follows it.
    let result = unsafe { libc::truncate(ptr::null(), 0) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
