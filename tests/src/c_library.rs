//! The C library in which a test runs.
//!
//! # Safety
//! The library's version is a string that never changes.
#![expect(unsafe_code, reason = "nix has no call for the version of the C library")]

use std::ffi::CStr;

/// The running C library's version: `(2, 36)`. Only glibc has such a number, and only glibc has the claims
/// that ask for it.
pub fn glibc_version() -> (u32, u32) {
    // SAFETY: takes nothing and returns a string that lives as long as the library.
    let text = unsafe { libc::gnu_get_libc_version() };
    // SAFETY: such a string ends in a NUL and never changes.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let mut numbers = text.split('.').map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}
