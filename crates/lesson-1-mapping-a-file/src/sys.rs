//! System calls with arguments that [`Mapping`](crate::Mapping) never passes. The failures,
//! `MAP_FIXED` and the claims of the lesson need them.
//!
//! # Safety
//! [`MmapCall::make`] takes only free addresses, and what it maps belongs to an [`Area`]. Only that
//! area may replace, unmap, move or protect its pages. The other calls here change no memory that
//! Rust knows of.
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
pub struct MmapCall {
    pub addr: usize,
    pub length: usize,
    pub prot: c_int,
    pub flags: c_int,
    pub fd: RawFd,
    pub offset: libc::off_t,
}

impl MmapCall {
    /// The call that [`Mapping`](crate::Mapping) makes: shared loads and stores, from offset 0.
    pub fn shared(file: &impl AsRawFd, length: usize) -> Self {
        let (prot, fd) = (libc::PROT_READ | libc::PROT_WRITE, file.as_raw_fd());
        Self { addr: 0, length, prot, flags: libc::MAP_SHARED, fd, offset: 0 }
    }

    /// Private memory without a file, all zeros. Without a file, `fd` is -1.
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
    /// With `MAP_FIXED`, which could replace any memory. [`Area::replace`] replaces an area's own.
    pub fn make(self) -> io::Result<Area> {
        assert!(self.flags & libc::MAP_FIXED == 0, "MAP_FIXED outside an area");
        let Self { addr, length, prot, flags, fd, offset } = self;
        let addr = ptr::without_provenance_mut(addr);
        // SAFETY: without MAP_FIXED the kernel takes only free addresses, whatever the other
        // arguments are, so no memory that Rust knows of changes.
        let start = unsafe { libc::mmap(addr, length, prot, flags, fd, offset) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Area::new(start.cast(), length.div_ceil(page_size())))
    }
}

/// `munmap` of a range that the kernel must refuse.
///
/// # Errors
/// `EINVAL`.
///
/// # Panics
/// If the range is one that `munmap` could accept.
pub fn unmap_nonsense(addr: usize, length: usize) -> io::Result<()> {
    let aligned = addr.is_multiple_of(page_size());
    assert!(
        !aligned || length == 0 || addr > isize::MAX as usize,
        "this could unmap memory in use"
    );
    munmap(addr, length)
}

/// `madvise(MADV_POPULATE_READ)`: faults in every page of the range, as loads would.
///
/// # Errors
/// `EFAULT` where a load would be SIGBUS, `EINVAL` before Linux 5.14, `ENOMEM`.
pub fn prepare_loads(address: usize, length: usize) -> io::Result<()> {
    advise(address, length, libc::MADV_POPULATE_READ)
}

/// `madvise(MADV_POPULATE_WRITE)`: faults in every page of the range, as stores would, but changes
/// no byte.
///
/// # Errors
/// `EFAULT` where a store would be SIGBUS at this moment, `EINVAL` before Linux 5.14, `ENOMEM`.
pub fn prepare_stores(address: usize, length: usize) -> io::Result<()> {
    advise(address, length, libc::MADV_POPULATE_WRITE)
}

/// `madvise(MADV_COLLAPSE)`: puts the pages of the range into a huge page, with the same bytes.
///
/// # Errors
/// `EINVAL` before Linux 6.1 and where huge pages are impossible, `ENOMEM`, `EAGAIN`, `EBUSY`.
pub fn collapse(address: usize, length: usize) -> io::Result<()> {
    /// Of `asm-generic/mman-common.h`. libc has no constant for it with musl.
    const MADV_COLLAPSE: c_int = 25;
    advise(address, length, MADV_COLLAPSE)
}

/// Makes this process ignore the signal `which`, as far as the kernel allows it.
///
/// # Errors
/// `EINVAL` for a signal that cannot be ignored.
pub fn ignore(which: Signal) -> io::Result<()> {
    // SAFETY: SIG_IGN installs no handler, so no code of ours runs during a signal.
    unsafe { signal(which, SigHandler::SigIgn) }?;
    Ok(())
}

fn munmap(addr: usize, length: usize) -> io::Result<()> {
    // SAFETY: every caller passes a range that its area owns, or one that the kernel refuses.
    let result = unsafe { libc::munmap(ptr::without_provenance_mut(addr), length) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn advise(address: usize, length: usize, advice: c_int) -> io::Result<()> {
    let start = ptr::without_provenance_mut(address);
    // SAFETY: the three kinds of advice that the callers pass fault pages in or move them. They
    // change no byte and no permission, whatever is mapped at these addresses.
    let result = unsafe { libc::madvise(start, length, advice) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
