//! `mlock`, `mlock2`, `munlock`, `mlockall`, `munlockall`.
//!
//! # Safety
//! Locking memory changes no byte and no permission, whatever is mapped at the addresses.
#![expect(unsafe_code, reason = "calls with addresses where nothing may be mapped")]

use std::{io, ptr};

use libc::c_int;

use super::reserved::done;

/// `mlock(address, length)`.
///
/// # Errors
/// Every errno of `mlock(2)`.
pub fn lock(address: usize, length: usize) -> io::Result<()> {
    // SAFETY: see the preface.
    done(unsafe { libc::mlock(ptr::without_provenance(address), length) })
}

/// `mlock2(address, length, flags)`.
///
/// # Errors
/// Every errno of `mlock(2)`.
pub fn lock_with(address: usize, length: usize, flags: libc::c_uint) -> io::Result<()> {
    // SAFETY: see the preface.
    done(unsafe { libc::mlock2(ptr::without_provenance(address), length, flags) })
}

/// `munlock(address, length)`.
///
/// # Errors
/// Every errno of `mlock(2)`.
pub fn unlock(address: usize, length: usize) -> io::Result<()> {
    // SAFETY: see the preface.
    done(unsafe { libc::munlock(ptr::without_provenance(address), length) })
}

/// `mlockall(flags)`.
///
/// # Errors
/// Every errno of `mlock(2)`.
pub fn lock_all(flags: c_int) -> io::Result<()> {
    // SAFETY: see the preface.
    done(unsafe { libc::mlockall(flags) })
}

/// `munlockall()`.
///
/// # Errors
/// `EPERM` before Linux 2.6.9.
pub fn unlock_all() -> io::Result<()> {
    // SAFETY: see the preface.
    done(unsafe { libc::munlockall() })
}
