//! Numbers that are no descriptors, for the calls that must refuse them.
//!
//! # Safety
//! A borrowed descriptor promises that the number stays open. This one never was: the number is far
//! above every limit on descriptors, so no other code can mean a file by it.
#![expect(unsafe_code, reason = "a descriptor that is not open has no safe form")]

use std::os::fd::BorrowedFd;

/// A number that no open file has.
pub fn not_open() -> BorrowedFd<'static> {
    // SAFETY: the kernel never gives out this number (see the preface), so a call with it fails and
    // changes no file.
    unsafe { BorrowedFd::borrow_raw(i32::MAX - 1) }
}
