//! `msync`.
//!
//! # Safety
//! On Linux, `msync` changes no byte and no permission, whatever is mapped at the addresses.
#![expect(unsafe_code, reason = "nix wraps the call for pointers only")]

use std::{io, ptr};

use libc::c_int;

use super::reserved::done;

/// `msync(address, length, flags)`.
///
/// # Errors
/// Every errno of `msync(2)`.
pub fn sync(address: usize, length: usize, flags: c_int) -> io::Result<()> {
    // SAFETY: see the preface.
    done(unsafe { libc::msync(ptr::without_provenance_mut(address), length, flags) })
}
