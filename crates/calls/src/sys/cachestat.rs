//! `cachestat` with wrong arguments. The right call is `page_view::cache_counts`.
//!
//! # Safety
//! The kernel reads two words and stores five. Both variables live until the call returns, or the
//! address is null, which the kernel reports.
#![expect(unsafe_code, reason = "a call that the C library does not offer")]

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::ptr;

/// The same number on every architecture. The libc crate has no name for it on glibc.
const SYS_CACHESTAT: libc::c_long = 451;

/// What is wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Nothing: a control.
    Nothing,
    /// The flags are 1; none is defined.
    Flags,
    /// The range is at the null address.
    Range,
    /// The counts are to be stored at the null address.
    Counts,
}

/// `cachestat(file, {0, 0}, …)` with one wrong argument.
///
/// # Errors
/// `EINVAL`, `EFAULT`; those of the file: `EBADF`, `EOPNOTSUPP`, `EPERM`; `ENOSYS` before Linux 6.5.
pub fn cachestat(file: impl AsFd, wrong: Wrong) -> io::Result<()> {
    let range = [0_u64; 2];
    let mut counts = [0_u64; 5];
    let at = |given: bool, address| if given { address } else { ptr::null_mut() };
    let range_at = at(wrong != Wrong::Range, ptr::from_ref(&range).cast_mut().cast::<u8>());
    let counts_at = at(wrong != Wrong::Counts, ptr::from_mut(&mut counts).cast::<u8>());
    let (number, flags) = (file.as_fd().as_raw_fd(), u32::from(wrong == Wrong::Flags));
    // SAFETY: see the preface; both arrays have the size of the kernel's structures.
    let result = unsafe { libc::syscall(SYS_CACHESTAT, number, range_at, counts_at, flags) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
