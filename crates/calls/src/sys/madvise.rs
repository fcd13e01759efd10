//! `madvise`.
//!
//! # Safety
//! Advice changes only pages of a [`Reserved`], to which there is no reference, or none at all.
#![expect(unsafe_code, reason = "no crate advises on memory that may vanish")]

use std::{io, ptr};

use libc::c_int;

use super::Reserved;
use super::reserved::done;

/// `MADV_GUARD_INSTALL`, which libc does not name.
pub const MADV_GUARD_INSTALL: c_int = 102;
/// `MADV_GUARD_REMOVE`.
pub const MADV_GUARD_REMOVE: c_int = 103;

impl Reserved {
    /// `madvise` of `length` bytes from byte `offset` on.
    ///
    /// # Errors
    /// Every errno of `madvise(2)`.
    ///
    /// # Panics
    /// If the bytes are not inside.
    pub fn advise(&self, offset: usize, length: usize, advice: c_int) -> io::Result<()> {
        // SAFETY: the range is ours (asserted by `at`), and there is no reference to it.
        done(unsafe { libc::madvise(self.at(offset, length).cast(), length, advice) })
    }
}

/// `madvise(NULL, 0, advice)`, which asks whether the kernel knows the advice.
///
/// # Errors
/// `EINVAL` if it does not.
pub fn knows(advice: c_int) -> io::Result<()> {
    // SAFETY: there is no byte to advise on.
    done(unsafe { libc::madvise(ptr::null_mut(), 0, advice) })
}
