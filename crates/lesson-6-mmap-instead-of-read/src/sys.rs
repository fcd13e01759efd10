//! The system calls that the guard's handler makes, behind typed wrappers. `guard.rs` uses them.
//!
//! # Safety
//! All of these are called inside a signal handler. Each makes at most one system call. None
//! allocates or takes a lock.
#![expect(unsafe_code, reason = "system calls that a signal handler makes")]

use std::ptr;

/// The address of the failed load, or `None` if someone sent the signal.
///
/// # Safety
/// - `info` is the pointer that the kernel passed to a handler of SIGBUS.
pub(crate) unsafe fn fault_address(info: *const libc::siginfo_t) -> Option<usize> {
    // SAFETY: readable, by the contract.
    let info = unsafe { &*info };
    // SAFETY: a positive code means that the kernel raised the signal for a fault, and then this
    // field is set. In a signal that someone sent, the same bytes hold the sender's number.
    (info.si_code > 0).then(|| unsafe { info.si_addr() }.addr())
}

/// `mmap(page, …, MAP_FIXED | MAP_ANONYMOUS)`: replaces a page by a page of zeros.
///
/// # Safety
/// - `page` is the first address of a page of `length` bytes.
/// - The page is only read, and its readers expect that its bytes change at any time.
pub(crate) unsafe fn map_zeros_over(page: usize, length: usize) -> bool {
    let flags = libc::MAP_FIXED | libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let start = ptr::without_provenance_mut(page);
    // SAFETY: replaces this one page, which the contract permits.
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
    // SAFETY: an integer of this thread that lives as long as the thread.
    unsafe { *place }
}

/// Sets this thread's `errno`.
pub(crate) fn set_errno(errno: libc::c_int) {
    let place = errno_place();
    // SAFETY: an integer of this thread that lives as long as the thread.
    unsafe { *place = errno };
}

fn errno_place() -> *mut libc::c_int {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::__errno_location() }
}
