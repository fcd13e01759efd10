//! Pages whose every use is allowed to go wrong: replaced, unmapped, past the end of their file.
//!
//! # Safety
//! An [`Area`] owns its addresses, and no reference to them is ever made: bytes go in and out by
//! volatile accesses through raw pointers. So replacing or unmapping pages of an area can break
//! nothing that Rust relies on. Such an access may end the process with SIGSEGV or SIGBUS; where it
//! does, that is what is being shown. (Rust gives no meaning to an access that traps; a volatile
//! one is compiled to the plain instruction, and nothing after it runs.) A load from a page that was
//! unmapped could meet what another thread mapped there since; only scenes, which have no other
//! thread, make one.
#![expect(unsafe_code, reason = "memory that may vanish has no safe form")]

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;

use common::page_size;

use super::{Call, munmap};

/// Whole pages that a [`Call`] made, unmapped when dropped.
#[derive(Debug)]
pub struct Area {
    start: *mut u8,
    /// For each page: whether it is still this area's. What was unmapped, others may have by now.
    owned: RefCell<Vec<bool>>,
}

impl Area {
    /// The pages that a successful `mmap` has just returned: nobody else's from now on.
    pub(super) fn new(start: *mut u8, pages: usize) -> Self {
        Self { start, owned: RefCell::new(vec![true; pages]) }
    }

    /// `mmap` with `MAP_FIXED` over the pages of this area from page `page` on.
    ///
    /// # Errors
    /// Every errno of `mmap(2)`. The range is then no longer this area's.
    ///
    /// # Panics
    /// If a page of the range is not this area's.
    pub fn replace(&self, page: usize, call: Call) -> io::Result<()> {
        let Call { length, prot, flags, fd, offset, .. } = call;
        assert!(self.owns(page * page_size(), length), "not this area's");
        let addr = self.start.wrapping_add(page * page_size()).cast();
        // SAFETY: the pages that are replaced are this area's, and nothing refers to them.
        let start = unsafe { libc::mmap(addr, length, prot, flags | libc::MAP_FIXED, fd, offset) };
        if start != libc::MAP_FAILED {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        // A refusal that comes late has already left a gap, which others may fill.
        self.owned.borrow_mut()[pages(page * page_size(), length)].fill(false);
        Err(error)
    }

    /// `munmap` of `length` bytes from this area's byte `offset` on.
    ///
    /// # Errors
    /// `EINVAL`, `ENOMEM`; each leaves every page as it was.
    ///
    /// # Panics
    /// If a page that the range touches is not this area's.
    pub fn unmap(&self, offset: usize, length: usize) -> io::Result<()> {
        assert!(self.owns(offset, length), "not this area's");
        munmap(self.address() + offset, length)?;
        self.owned.borrow_mut()[pages(offset, length)].fill(false);
        Ok(())
    }

    /// `munmap` of the whole area, twice: the second has nothing to do and succeeds.
    ///
    /// # Panics
    /// If the process has other threads: one of them could map something there in between.
    pub fn unmap_twice(self) -> io::Result<()> {
        assert_eq!(std::fs::read_dir("/proc/self/task")?.count(), 1, "threads");
        let length = self.owned.borrow().len() * page_size();
        self.unmap(0, length)?;
        munmap(self.address(), length)
    }

    /// Loads byte `offset`, even of a page that was unmapped. May end the process with a signal.
    pub fn load(&self, offset: usize) -> u8 {
        assert!(offset / page_size() < self.owned.borrow().len(), "outside the area");
        // SAFETY: a volatile load from addresses that are or were this area's: see the preface.
        unsafe { self.start.wrapping_add(offset).read_volatile() }
    }

    /// Stores byte `offset`. May end the process with a signal.
    ///
    /// # Panics
    /// If the page is not this area's.
    pub fn store(&self, offset: usize, byte: u8) {
        assert!(self.owns(offset, 1), "not this area's");
        // SAFETY: the page is this area's, and the store is volatile: see the preface.
        unsafe { self.start.wrapping_add(offset).write_volatile(byte) }
    }

    /// `write(file, this area's byte offset, count)`: the kernel loads the bytes itself.
    ///
    /// # Errors
    /// `EFAULT` where a load would be a signal, and those of `write(2)`.
    pub fn write_to(&self, file: &File, offset: usize, count: usize) -> io::Result<usize> {
        assert!(self.owns(offset, count), "not this area's");
        let from = self.start.wrapping_add(offset).cast();
        // SAFETY: the kernel reads at most this area's bytes, or says EFAULT.
        let written = unsafe { libc::write(file.as_raw_fd(), from, count) };
        usize::try_from(written).map_err(|_| io::Error::last_os_error())
    }

    /// Where the area begins.
    pub fn address(&self) -> usize {
        self.start.addr()
    }

    fn owns(&self, offset: usize, length: usize) -> bool {
        let owned = self.owned.borrow();
        owned.get(pages(offset, length)).is_some_and(|pages| pages.iter().all(|page| *page))
    }
}

impl Drop for Area {
    fn drop(&mut self) {
        let mut page = 0;
        for run in self.owned.borrow().chunk_by(|one, next| one == next) {
            if run[0] {
                let start = self.address() + page * page_size();
                let _ = munmap(start, run.len() * page_size()); // Nothing could be done about it.
            }
            page += run.len();
        }
    }
}

/// The pages that a range of an area touches.
fn pages(offset: usize, length: usize) -> Range<usize> {
    offset / page_size()..offset.saturating_add(length).div_ceil(page_size())
}
