//! `mmap`, `munmap` and two more calls, with the arguments that [`Mapping`](crate::Mapping) never
//! passes: what the lesson's failures, `MAP_FIXED` and the claims are shown with.
//!
//! # Safety
//! A call takes free addresses only, and what it made belongs to an [`Area`], which alone may
//! replace or unmap it. The other calls here change no memory that Rust knows of.
#![expect(unsafe_code, reason = "system calls that no crate wraps with these arguments")]

mod area;

use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::ptr;

use common::page_size;
use libc::c_int;
use nix::sys::signal::{SigHandler, Signal, signal};

pub use area::Area;

/// The six arguments of `mmap`.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "named as in mmap(2)")]
pub struct Call {
    pub addr: usize,
    pub length: usize,
    pub prot: c_int,
    pub flags: c_int,
    pub fd: RawFd,
    pub offset: libc::off_t,
}

impl Call {
    /// What [`Mapping`](crate::Mapping) asks for: loads and stores, shared, from the first byte.
    pub fn shared(file: &impl AsRawFd, length: usize) -> Self {
        let (prot, fd) = (libc::PROT_READ | libc::PROT_WRITE, file.as_raw_fd());
        Self { addr: 0, length, prot, flags: libc::MAP_SHARED, fd, offset: 0 }
    }

    /// Memory without a file, all zeros, of this process alone.
    pub fn anonymous(length: usize) -> Self {
        let (prot, flags) =
            (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        Self { addr: 0, length, prot, flags, fd: -1, offset: 0 }
    }

    /// `mmap` with these arguments.
    ///
    /// # Errors
    /// Every errno of `mmap(2)`.
    ///
    /// # Panics
    /// On a bare `MAP_FIXED`, which could replace anybody's memory: [`Area::replace`] has a place.
    pub fn make(self) -> io::Result<Area> {
        assert!(self.flags & libc::MAP_FIXED == 0, "MAP_FIXED outside an area");
        let Self { addr, length, prot, flags, fd, offset } = self;
        let addr = ptr::without_provenance_mut(addr);
        // SAFETY: without MAP_FIXED only free addresses are taken, whatever the other arguments.
        let start = unsafe { libc::mmap(addr, length, prot, flags, fd, offset) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Area::new(start.cast(), length.div_ceil(page_size())))
    }
}

/// `munmap` of addresses that are no area's, to see it refuse.
///
/// # Errors
/// `EINVAL`.
///
/// # Panics
/// If the address is a page's below the end of every address space: that could succeed.
pub fn unmap_nonsense(addr: usize, length: usize) -> io::Result<()> {
    let aligned = addr.is_multiple_of(page_size());
    assert!(!aligned || length == 0 || addr > isize::MAX as usize, "this could hit somebody");
    munmap(addr, length)
}

/// `madvise(MADV_POPULATE_READ)`: brings every page of the range in, as loads would.
///
/// # Errors
/// `EFAULT` where a load would be SIGBUS, `EINVAL` before Linux 5.14, `ENOMEM`.
pub fn prepare_loads(address: usize, length: usize) -> io::Result<()> {
    populate(address, length, libc::MADV_POPULATE_READ)
}

/// `madvise(MADV_POPULATE_WRITE)`: makes every page of the range ready for stores, changing no byte.
///
/// # Errors
/// `EFAULT` where a store would be SIGBUS, `EINVAL` before Linux 5.14, `ENOMEM`.
pub fn prepare_stores(address: usize, length: usize) -> io::Result<()> {
    populate(address, length, libc::MADV_POPULATE_WRITE)
}

/// From now on this process ignores `which`, as far as the kernel lets it.
///
/// # Errors
/// `EINVAL` for a signal that cannot be ignored.
pub fn ignore(which: Signal) -> io::Result<()> {
    // SAFETY: SIG_IGN is no handler, so no code runs at a bad moment.
    unsafe { signal(which, SigHandler::SigIgn) }?;
    Ok(())
}

fn munmap(addr: usize, length: usize) -> io::Result<()> {
    // SAFETY: the callers pass a range of an area's own, or one that the kernel refuses.
    let result = unsafe { libc::munmap(ptr::without_provenance_mut(addr), length) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn populate(address: usize, length: usize, advice: c_int) -> io::Result<()> {
    let start = ptr::without_provenance_mut(address);
    // SAFETY: both advices touch pages and change no byte and no protection, whatever lies there.
    let result = unsafe { libc::madvise(start, length, advice) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
