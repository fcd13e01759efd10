//! `mremap` with an old size of 0: a second mapping of a shared one.
//!
//! # Safety
//! The new mapping is at addresses that the kernel chose and that nothing else uses. It is gone when the
//! function returns, and in between there is only a volatile store through a raw pointer.
#![expect(unsafe_code, reason = "a mapping that no crate makes")]

use std::{io, ptr};

use common::page_size;
use lesson_1_mapping_a_file::sys::Area;

/// `mremap(area, 0, one page, MREMAP_MAYMOVE)`, then a store to the first byte of the new mapping, then
/// `munmap` of it.
///
/// # Errors
/// `EINVAL` if the area is not shared, `ENOMEM`.
pub fn store_through_a_second_mapping(area: &Area, byte: u8) -> io::Result<()> {
    area.load(0); // It panics if the area does not own the page.
    let old = ptr::without_provenance_mut(area.address());
    // SAFETY: with an old size of 0 the old mapping stays as it is, and without MREMAP_FIXED the new one
    // takes free addresses.
    let new = unsafe { libc::mremap(old, 0, page_size(), libc::MREMAP_MAYMOVE) };
    if new == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the page was mapped above, and only this function knows of it. A store that is not allowed
    // ends the process.
    unsafe { new.cast::<u8>().write_volatile(byte) };
    // SAFETY: exactly what was mapped above; no pointer to it is used from here on.
    let result = unsafe { libc::munmap(new, page_size()) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
