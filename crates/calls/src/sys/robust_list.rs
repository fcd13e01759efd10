//! `set_robust_list` and `get_robust_list`, which the C library calls for each thread.
//!
//! # Safety
//! Nothing here changes the list of the calling thread: `set_robust_list` is made with a length that
//! the kernel refuses. `get_robust_list` stores an address and a length, and no code follows the address.
#![expect(unsafe_code, reason = "calls that the C library does not offer")]

use std::{io, ptr};

use nix::unistd::Pid;

/// The length that the kernel demands: that of its `struct robust_list_head`.
pub const HEAD: usize = 3 * size_of::<usize>();

/// `set_robust_list(NULL, length)` with a length that the kernel must refuse.
///
/// # Errors
/// `EINVAL`.
///
/// # Panics
/// If the length is the right one: then the mutexes that this thread holds would be forgotten.
pub fn set_with_wrong_length(length: usize) -> io::Result<()> {
    assert_ne!(length, HEAD, "the right length");
    let head = ptr::null::<u8>();
    // SAFETY: the kernel checks the length first and refuses it (asserted above).
    let result = unsafe { libc::syscall(libc::SYS_set_robust_list, head, length) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// `get_robust_list(thread, …)`: the address of the list's head and its length. Thread 0 is the caller.
///
/// # Errors
/// `ESRCH` if there is no such thread, `EPERM` if this user may not look at it.
pub fn get(thread: Pid) -> io::Result<(usize, usize)> {
    let (mut head, mut length) = (0_usize, 0_usize);
    let (head_to, length_to) = (&raw mut head, &raw mut length);
    // SAFETY: the kernel stores one word to each of two variables, which live until the call returns.
    let result =
        unsafe { libc::syscall(libc::SYS_get_robust_list, thread.as_raw(), head_to, length_to) };
    if result == 0 { Ok((head, length)) } else { Err(io::Error::last_os_error()) }
}
