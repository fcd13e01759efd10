//! `remap_file_pages`.
//!
//! # Safety
//! An [`Area`] owns its pages, and there is never a reference to them. So another page of the file may
//! take the place of one of them.
#![expect(unsafe_code, reason = "a call that no crate wraps")]

use std::{io, ptr};

use common::page_size;
use lesson_1_mapping_a_file::sys::Area;

/// `remap_file_pages(page of the area, one page, prot, page of the file, flags)`.
///
/// # Errors
/// `EINVAL` if the mapping is not shared, or `prot` is not 0.
pub fn remap_file_pages(
    area: &Area,
    page_of_area: usize,
    prot: libc::c_int,
    page_of_file: usize,
    flags: libc::c_int,
) -> io::Result<()> {
    let offset = page_of_area * page_size();
    area.load(offset); // It panics if the area does not own the page.
    let start = ptr::without_provenance_mut(area.address() + offset);
    // SAFETY: the area owns the page that is replaced (see the line above), and no reference to it
    // exists.
    let result = unsafe { libc::remap_file_pages(start, page_size(), prot, page_of_file, flags) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
