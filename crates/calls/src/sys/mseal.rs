//! `mseal`.
//!
//! # Safety
//! A seal changes no byte and no permission. It only forbids later changes, so whatever is sealed, no
//! memory that Rust knows of changes. The advice of [`drop_pages`] takes the bytes of an area's
//! own pages, to which there is never a reference.
#![expect(unsafe_code, reason = "a call that the C library does not offer")]

use std::{io, ptr};

use common::page_size;
use lesson_1_mapping_a_file::sys::Area;

/// The same number on every architecture but Alpha.
const SYS_MSEAL: libc::c_long = 462;

/// `mseal(address, length, flags)`.
///
/// # Errors
/// `EINVAL` (address or flags), `ENOMEM` if a page is not mapped; `ENOSYS` before Linux 6.10.
pub fn mseal(address: usize, length: usize, flags: libc::c_ulong) -> io::Result<()> {
    // SAFETY: takes numbers only, and changes no byte (see the preface).
    let result = unsafe { libc::syscall(SYS_MSEAL, address, length, flags) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// `madvise(MADV_DONTNEED)` of the first page of `area`.
///
/// # Errors
/// `EPERM` if the page is sealed and the area may not be stored to.
pub fn drop_pages(area: &Area) -> io::Result<()> {
    area.load(0); // It panics if the area does not own the page.
    let start = ptr::without_provenance_mut(area.address());
    // SAFETY: the area owns the page, and no reference to it exists; only its bytes may change.
    let result = unsafe { libc::madvise(start, page_size(), libc::MADV_DONTNEED) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
