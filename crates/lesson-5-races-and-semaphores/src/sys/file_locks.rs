//! The bare lock calls, for the claims that call them wrongly on purpose; `cargo test` runs them.
//! The lesson itself needs only [`flock`].
//!
//! # Safety
//! A lock call reads or writes one `struct flock`, which is either borrowed for the call or the null
//! address, for which the kernel returns `EFAULT`. It takes descriptors as numbers: a wrong number is
//! `EBADF`, and none is closed here. Memory that other processes map is stored to as atomics.
#![expect(unsafe_code, reason = "lock calls with wrong arguments, a store beside them")]

use std::io;
use std::os::fd::RawFd;
use std::ptr;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use libc::{c_int, off_t};
use memmap2::MmapRaw;

/// A command of `fcntl(2)` whose argument is a `struct flock`, or one that the kernel does not know.
#[derive(Clone, Copy)]
pub struct Command(c_int);

impl Command {
    /// The command of this name.
    pub fn named(name: &str) -> Option<Self> {
        Some(Self(match name {
            "F_SETLK" => libc::F_SETLK,
            "F_SETLKW" => libc::F_SETLKW,
            "F_GETLK" => libc::F_GETLK,
            "F_OFD_SETLK" => libc::F_OFD_SETLK,
            "F_OFD_SETLKW" => libc::F_OFD_SETLKW,
            "F_OFD_GETLK" => libc::F_OFD_GETLK,
            "F_NO_SUCH_COMMAND" => 9999,
            _ => return None,
        }))
    }
}

/// `fcntl(descriptor, command, lock)`, without a lock `fcntl(descriptor, command, NULL)`.
///
/// # Errors
/// All of `fcntl(2)` that are about locks.
pub fn fcntl(fd: RawFd, command: Command, lock: Option<&mut libc::flock>) -> io::Result<()> {
    let lock = lock.map_or(ptr::null_mut(), ptr::from_mut);
    // SAFETY: every `Command` takes a `struct flock`; `lock` is borrowed until the call returns, or
    // null, which the kernel refuses. The unknown command reads no argument.
    done(unsafe { libc::fcntl(fd, command.0, lock) })
}

/// `flock(descriptor, operation)`.
///
/// # Errors
/// `EWOULDBLOCK` (with `LOCK_NB`: it is locked), `EBADF`, `EINVAL`, `EINTR`.
pub fn flock(fd: RawFd, operation: c_int) -> io::Result<()> {
    // SAFETY: takes numbers only.
    done(unsafe { libc::flock(fd, operation) })
}

/// `lockf(descriptor, function, length)`, on the bytes from the descriptor's offset on.
///
/// # Errors
/// `EAGAIN`, for `F_TEST` `EACCES`; those of [`fcntl`].
pub fn lockf(fd: RawFd, function: c_int, length: off_t) -> io::Result<()> {
    // SAFETY: takes numbers only.
    done(unsafe { libc::lockf(fd, function, length) })
}

/// Stores a byte to memory that other processes map, too.
///
/// # Panics
/// If `offset` is outside of the mapping.
pub fn store(mapping: &MmapRaw, offset: usize, byte: u8) {
    assert!(offset < mapping.len(), "byte {offset} of a mapping of {} bytes", mapping.len());
    let address = mapping.as_mut_ptr().wrapping_add(offset);
    // SAFETY: `offset` is inside of the mapping, which is borrowed and writable; all users of the
    // byte in this process use atomics.
    unsafe { AtomicU8::from_ptr(address) }.store(byte, Relaxed);
}

fn done(result: c_int) -> io::Result<()> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
