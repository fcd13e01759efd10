//! Bare system calls of the guard's handler, behind typed wrappers. `guard.rs` uses them.
//!
//! # Safety
//! All are called inside a signal handler: each makes one async-signal-safe call at most, and
//! none allocates or takes a lock.
#![expect(unsafe_code, reason = "system calls that a signal handler makes")]

use std::ptr;

/// Where the load was, if `info` tells of a fault; `None` if somebody sent the signal.
///
/// # Safety
/// - `info` is what the kernel gave to a handler of SIGBUS.
pub(crate) unsafe fn fault_address(info: *const libc::siginfo_t) -> Option<usize> {
    // SAFETY: readable by the contract. A positive code is the kernel's own; in a signal that was
    // sent the same bytes hold the sender's id.
    let info = unsafe { &*info };
    // SAFETY: the field that a SIGBUS of the kernel has.
    (info.si_code > 0).then(|| unsafe { info.si_addr() }.addr())
}

/// `mmap(page, …, MAP_FIXED | MAP_ANONYMOUS)`: a page of zeros in place of what is there.
///
/// # Safety
/// - `page` is the first address of a page of `length` bytes.
/// - Whoever reads it expects any bytes at any time.
pub(crate) unsafe fn map_zeros_over(page: usize, length: usize) -> bool {
    let flags = libc::MAP_FIXED | libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let start = ptr::without_provenance_mut(page);
    // SAFETY: replaces that one page, as the caller answers for.
    unsafe { libc::mmap(start, length, libc::PROT_READ, flags, -1, 0) != libc::MAP_FAILED }
}

/// `gettid()`: this thread's number, never 0.
pub(crate) fn thread() -> i32 {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::gettid() }
}

/// This thread's `errno`.
pub(crate) fn errno() -> libc::c_int {
    let place = errno_place();
    // SAFETY: this thread's own integer, there as long as the thread.
    unsafe { *place }
}

/// Sets this thread's `errno`.
pub(crate) fn set_errno(errno: libc::c_int) {
    let place = errno_place();
    // SAFETY: as above.
    unsafe { *place = errno };
}

fn errno_place() -> *mut libc::c_int {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::__errno_location() }
}
