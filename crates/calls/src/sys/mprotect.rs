//! `mprotect`.
//!
//! # Safety
//! Only pages of a [`Reserved`] change, to which there is no reference, or none at all.
#![expect(unsafe_code, reason = "no crate protects memory that may vanish")]

use std::{io, ptr};

use common::page_size;
use libc::c_int;

use super::Reserved;
use super::reserved::done;

impl Reserved {
    /// `mprotect` of `length` bytes from byte `offset` on, mapped or not.
    ///
    /// # Errors
    /// Every errno of `mprotect(2)`.
    ///
    /// # Panics
    /// If the bytes are not inside.
    pub fn protect(&self, offset: usize, length: usize, prot: c_int) -> io::Result<()> {
        // SAFETY: the range is ours (asserted by `at`), and there is no reference to it.
        done(unsafe { libc::mprotect(self.at(offset, length).cast(), length, prot) })
    }

    /// `pkey_mprotect` of `length` bytes from byte `offset` on.
    ///
    /// # Errors
    /// Every errno of `mprotect(2)`.
    ///
    /// # Panics
    /// If the bytes are not inside.
    pub fn protect_with_key(
        &self,
        offset: usize,
        length: usize,
        prot: c_int,
        key: c_int,
    ) -> io::Result<()> {
        let start = self.at(offset, length);
        // SAFETY: as above. The result is 0 or -1.
        let result = unsafe { libc::syscall(libc::SYS_pkey_mprotect, start, length, prot, key) };
        done(if result == 0 { 0 } else { -1 })
    }
}

/// `mprotect` of a range that the kernel must refuse.
///
/// # Errors
/// `EINVAL`, `ENOMEM`.
///
/// # Panics
/// If the range is one that `mprotect` could change.
pub fn protect_nonsense(address: usize, length: usize, prot: c_int) -> io::Result<()> {
    let unaligned = !address.is_multiple_of(page_size());
    assert!(unaligned || length == 0 || length > isize::MAX as usize, "this could change memory");
    // SAFETY: the kernel changes nothing: the address is inside a page, or there is no byte, or
    // there are more than a process can have.
    done(unsafe { libc::mprotect(ptr::without_provenance_mut(address), length, prot) })
}

/// `mprotect(PROT_READ | PROT_WRITE | PROT_EXEC)` of the page of a function's code.
///
/// # Errors
/// Every errno of `mprotect(2)`.
pub fn make_code_writable<T>(function: fn() -> T) -> io::Result<()> {
    let start = ptr::without_provenance_mut(function as usize / page_size() * page_size());
    let all = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
    // SAFETY: code can still be run and loaded afterwards, so nothing that was allowed is lost.
    done(unsafe { libc::mprotect(start, page_size(), all) })
}
