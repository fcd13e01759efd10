//! Addresses that belong to one scenario, mapped or not.
//!
//! # Safety
//! A [`Reserved`] owns its addresses until the process ends, even where nothing is mapped any more.
//! It lies far below every address that the kernel chooses by itself, so nothing else is mapped into
//! a gap. There is never a reference to its bytes: every load and store is a volatile access through
//! a raw pointer. So mapping, unmapping or protecting its pages breaks nothing that Rust relies on.
//! An access may end the process with SIGSEGV or SIGBUS, on purpose. (Rust gives no meaning to an
//! access that traps. A volatile access is compiled to the plain instruction, and no code after it
//! runs.)
#![expect(unsafe_code, reason = "memory that may vanish has no safe form")]

use std::io;
use std::os::fd::AsRawFd;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use common::page_size;
use lesson_1_mapping_a_file::sys::MmapCall;
use libc::c_int;

/// 64 GiB: above a program that is loaded at a low address and its heap; below the addresses where
/// the kernel begins to look for a free place, on every processor with 39 address bits or more.
const FIRST: usize = 64 << 30;

/// The next address that no [`Reserved`] has had.
static NEXT: AtomicUsize = AtomicUsize::new(FIRST);

/// A range of addresses. At first all of it is one private mapping with `PROT_NONE`.
#[derive(Debug)]
pub struct Reserved {
    pub(super) start: *mut u8,
    pub(super) length: usize,
}

// SAFETY: every access is a volatile one through a raw pointer, and every call is one to the kernel.
// Both may come from any thread.
unsafe impl Sync for Reserved {}

impl Reserved {
    /// `pages` pages that no process can load from or store to yet.
    ///
    /// # Errors
    /// Those of `mmap(2)`; `EEXIST` if the addresses are taken.
    pub fn pages(pages: usize) -> io::Result<Self> {
        let length = pages * page_size();
        let wish = NEXT.fetch_add(length + (1 << 30), Relaxed); // A gap, so that nothing merges.
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let start = ptr::without_provenance_mut(wish);
        // SAFETY: without MAP_FIXED the kernel takes only free addresses.
        let start = unsafe { libc::mmap(start, length, libc::PROT_NONE, flags, -1, 0) };
        match start.addr() {
            _ if start == libc::MAP_FAILED => Err(io::Error::last_os_error()),
            at if at == wish => Ok(Self { start: start.cast(), length }),
            _ => Err(io::Error::other("mapped at another address")),
        }
    }

    /// `pages` pages of private memory without a file, for loads and stores, with a page before and
    /// a page after it that allow neither. The first of them begins at byte `page_size()`.
    ///
    /// # Errors
    /// As [`Reserved::pages`].
    pub fn with_memory(pages: usize) -> io::Result<Self> {
        let reserved = Self::pages(pages + 2)?;
        reserved.map(page_size(), MmapCall::anonymous(pages * page_size()))?;
        Ok(reserved)
    }

    /// `mmap` with these arguments and `MAP_FIXED` at this range's byte `offset`.
    ///
    /// # Errors
    /// Every errno of `mmap(2)`.
    ///
    /// # Panics
    /// If the new mapping would not lie inside.
    pub fn map(&self, offset: usize, call: MmapCall) -> io::Result<()> {
        self.map_with(offset, MmapCall { flags: call.flags | libc::MAP_FIXED, ..call })
    }

    /// `mmap` with exactly these flags at this range's byte `offset`; `addr` is not used.
    ///
    /// # Errors
    /// Every errno of `mmap(2)`, and one without an errno if the kernel chose another address.
    ///
    /// # Panics
    /// If the new mapping would not lie inside.
    pub fn map_with(&self, offset: usize, call: MmapCall) -> io::Result<()> {
        let MmapCall { length, prot, flags, fd, offset: file_offset, .. } = call;
        let at = self.at(offset, length).cast();
        // SAFETY: the range is ours (asserted by `at`), and there is no reference to it. Without
        // MAP_FIXED the kernel takes only free addresses.
        let start = unsafe { libc::mmap(at, length, prot, flags, fd, file_offset) };
        match start {
            _ if start == libc::MAP_FAILED => Err(io::Error::last_os_error()),
            _ if start == at => Ok(()),
            _ => Err(io::Error::other("mapped at another address")),
        }
    }

    /// `munmap` of `length` bytes from byte `offset` on.
    ///
    /// # Errors
    /// `EINVAL`, `ENOMEM`.
    ///
    /// # Panics
    /// If the bytes are not inside.
    pub fn unmap(&self, offset: usize, length: usize) -> io::Result<()> {
        // SAFETY: the range is ours (asserted by `at`), and there is no reference to it.
        done(unsafe { libc::munmap(self.at(offset, length).cast(), length) })
    }

    /// Loads byte `offset`. May end the process with a signal.
    ///
    /// # Panics
    /// If the byte is not inside.
    pub fn load(&self, offset: usize) -> u8 {
        // SAFETY: the byte is ours (asserted by `at`); the load is volatile: see the preface.
        unsafe { self.at(offset, 1).read_volatile() }
    }

    /// Stores byte `offset`. May end the process with a signal.
    ///
    /// # Panics
    /// If the byte is not inside.
    pub fn store(&self, offset: usize, byte: u8) {
        // SAFETY: the byte is ours (asserted by `at`); the store is volatile: see the preface.
        unsafe { self.at(offset, 1).write_volatile(byte) }
    }

    /// `write(file, byte offset, count)`: the kernel loads the bytes.
    ///
    /// # Errors
    /// `EFAULT` if the kernel cannot load a byte, and those of `write(2)`.
    ///
    /// # Panics
    /// If the bytes are not inside.
    pub fn write_to(&self, file: &impl AsRawFd, offset: usize, count: usize) -> io::Result<usize> {
        let from = self.at(offset, count).cast();
        // SAFETY: the kernel loads only bytes that are ours, and reports those that it cannot load.
        let written = unsafe { libc::write(file.as_raw_fd(), from, count) };
        usize::try_from(written).map_err(|_| io::Error::last_os_error())
    }

    /// `read(file, byte offset, count)`: the kernel stores the bytes.
    ///
    /// # Errors
    /// `EFAULT` if the kernel cannot store a byte, and those of `read(2)`.
    ///
    /// # Panics
    /// If the bytes are not inside.
    pub fn read_from(&self, file: &impl AsRawFd, offset: usize, count: usize) -> io::Result<usize> {
        let to = self.at(offset, count).cast();
        // SAFETY: the kernel stores only to bytes that are ours, and nothing refers to them.
        let read = unsafe { libc::read(file.as_raw_fd(), to, count) };
        usize::try_from(read).map_err(|_| io::Error::last_os_error())
    }

    /// The address of byte `offset`.
    pub fn address(&self, offset: usize) -> usize {
        self.start.addr() + offset
    }

    /// How many bytes there are.
    pub fn length_in_bytes(&self) -> usize {
        self.length
    }

    /// The pointer to byte `offset`.
    ///
    /// # Panics
    /// If one of the `length` bytes from there on, or a byte of their pages, is not inside.
    pub(super) fn at(&self, offset: usize, length: usize) -> *mut u8 {
        let end = offset.saturating_add(length).checked_next_multiple_of(page_size());
        assert!(end.is_some_and(|end| end <= self.length), "{offset} + {length} is not inside");
        self.start.wrapping_add(offset)
    }
}

pub(super) fn done(result: c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
