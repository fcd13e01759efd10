//! The bare calls of the launcher process: `close_range`, `execveat`, `TIOCNOTTY`, and Landlock's version.
//!
//! # Safety
//! Every call takes numbers, or pointers to live memory of the size that the kernel is told; the
//! kernel keeps no pointer.
#![expect(unsafe_code, reason = "calls that no crate wraps")]

use std::ffi::{CStr, CString, c_int, c_long, c_void};
use std::fs::File;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::{io, ptr};

use nix::unistd::Pid;

/// `waitpid` for one child: its wait status. Only the launcher process, which has no other child and
/// nothing else to do, waits like this.
pub(crate) fn wait_for_child(child: Pid) -> io::Result<c_int> {
    loop {
        let mut status = 0;
        // SAFETY: `status` outlives the call.
        if unsafe { libc::waitpid(child.as_raw(), &raw mut status, 0) } >= 0 {
            return Ok(status);
        }
        match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => {}
            error => return Err(error),
        }
    }
}

/// `close_range`: no descriptor from 3 on survives the next `exec`.
///
/// # Errors
/// ENOSYS: the kernel is older than 5.11.
pub(crate) fn close_all_on_exec() -> io::Result<()> {
    let (first, last) = (3_u32, u32::MAX);
    // SAFETY: takes numbers only; marking descriptors takes none from their owners.
    zero(unsafe { libc::syscall(libc::SYS_close_range, first, last, libc::CLOSE_RANGE_CLOEXEC) })
}

/// `TIOCNOTTY`: this process has no controlling terminal any more, nor has what it starts.
///
/// # Errors
/// ENOTTY: it was not the controlling one.
pub(crate) fn give_up_terminal(terminal: &File) -> io::Result<()> {
    // SAFETY: the request takes no argument.
    zero(unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCNOTTY) }.into())
}

/// `execveat` of an open program. Returns only if it failed.
pub(crate) fn execute(
    program: BorrowedFd<'_>,
    arguments: &[CString],
    environment: &[CString],
) -> io::Error {
    let pointers = |strings: &[CString]| {
        let mut pointers: Vec<_> = strings.iter().map(|string| string.as_ptr()).collect();
        pointers.push(ptr::null());
        pointers
    };
    let (arguments, environment) = (pointers(arguments), pointers(environment));
    let here: &CStr = c"";
    // SAFETY: both arrays end in a null pointer and their strings outlive the call.
    unsafe {
        libc::syscall(
            libc::SYS_execveat,
            program.as_raw_fd(),
            here.as_ptr(),
            arguments.as_ptr(),
            environment.as_ptr(),
            libc::AT_EMPTY_PATH,
        )
    };
    io::Error::last_os_error()
}

/// Landlock's version in this kernel; 0 if there is none.
#[must_use]
pub fn landlock_version() -> i64 {
    ask_for_landlock().unwrap_or(0)
}

/// The same, or why there is none.
///
/// # Errors
/// ENOSYS: the kernel has no Landlock. EOPNOTSUPP: Landlock was not enabled at boot. EPERM: a seccomp
/// filter refuses the call.
pub fn ask_for_landlock() -> io::Result<i64> {
    const VERSION: u32 = 1;
    // SAFETY: with this flag the call takes neither memory nor a size.
    let version = unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, ptr::null::<c_void>(), 0_usize, VERSION)
    };
    if version < 0 { Err(io::Error::last_os_error()) } else { Ok(version) }
}

fn zero(result: c_long) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
