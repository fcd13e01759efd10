//! Pages that may be replaced, unmapped or past the end of their file while a program uses them.
//!
//! # Safety
//! An [`Area`] owns its addresses, and there is never a reference to them: every load and store is
//! a volatile access through a raw pointer. So replacing or unmapping pages of an area breaks
//! nothing that Rust relies on. An access may end the process with SIGSEGV or SIGBUS, on purpose.
//! (Rust gives no meaning to an access that traps. A volatile access is compiled to the plain
//! instruction, and no code after it runs.)
#![expect(unsafe_code, reason = "memory that may vanish has no safe form")]

use std::cell::RefCell;
use std::io;
use std::ops::Range;
use std::os::fd::AsRawFd;

use common::page_size;
use libc::c_int;

use super::{MmapCall, munmap};

/// Whole pages that a [`MmapCall`] made, unmapped when dropped.
#[derive(Debug)]
pub struct Area {
    start: *mut u8,
    /// For each page: whether this area still owns it. An unmapped page may be in use elsewhere.
    owned: RefCell<Vec<bool>>,
}

impl Area {
    /// The pages that a successful `mmap` has just returned. The area owns them from now on.
    pub(super) fn new(start: *mut u8, pages: usize) -> Self {
        Self { start, owned: RefCell::new(vec![true; pages]) }
    }

    /// `mmap` with `MAP_FIXED` over the pages of this area from page `page` on.
    ///
    /// # Errors
    /// Every errno of `mmap(2)`. The area then no longer owns the range.
    ///
    /// # Panics
    /// If the area does not own every page of the range.
    pub fn replace(&self, page: usize, call: MmapCall) -> io::Result<()> {
        let MmapCall { length, prot, flags, fd, offset, .. } = call;
        assert!(self.owns(page * page_size(), length), "the area does not own these pages");
        let addr = self.start.wrapping_add(page * page_size()).cast();
        // SAFETY: the area owns the pages that are replaced (asserted above), and there is no
        // reference to them.
        let start = unsafe { libc::mmap(addr, length, prot, flags | libc::MAP_FIXED, fd, offset) };
        if start != libc::MAP_FAILED {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        // If the kernel refuses late, it has already unmapped the range, and another mapping may
        // take the gap.
        self.owned.borrow_mut()[pages(page * page_size(), length)].fill(false);
        Err(error)
    }

    /// `munmap` of `length` bytes from this area's byte `offset` on.
    ///
    /// # Errors
    /// `EINVAL`, `ENOMEM`. Both leave every page mapped.
    ///
    /// # Panics
    /// If the area does not own every page that the range touches.
    pub fn unmap(&self, offset: usize, length: usize) -> io::Result<()> {
        assert!(self.owns(offset, length), "the area does not own these pages");
        munmap(self.address() + offset, length)?;
        self.owned.borrow_mut()[pages(offset, length)].fill(false);
        Ok(())
    }

    /// `munmap` of the whole area, twice. The second call finds nothing mapped, and succeeds.
    ///
    /// # Panics
    /// If the process has other threads, which could map something there in between.
    pub fn unmap_twice(self) -> io::Result<()> {
        assert_eq!(std::fs::read_dir("/proc/self/task")?.count(), 1, "threads");
        let length = self.owned.borrow().len() * page_size();
        self.unmap(0, length)?;
        munmap(self.address(), length)
    }

    /// `mprotect` of `length` bytes from this area's byte `offset` on: changes what is allowed.
    ///
    /// # Errors
    /// `EACCES`, `EINVAL`, `ENOMEM`.
    ///
    /// # Panics
    /// If the area does not own every page that the range touches.
    pub fn protect(&self, offset: usize, length: usize, prot: c_int) -> io::Result<()> {
        assert!(self.owns(offset, length), "the area does not own these pages");
        let start = self.start.wrapping_add(offset).cast();
        // SAFETY: the area owns the pages, and there is no reference to them. An access that is no
        // longer allowed traps: see the preface.
        let result = unsafe { libc::mprotect(start, length, prot) };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// `mremap` of the whole area to `pages` pages, with `flags`. `MREMAP_MAYMOVE` may move it.
    ///
    /// # Errors
    /// `ENOMEM`: without `MREMAP_MAYMOVE` there are not enough free addresses after the area.
    ///
    /// # Panics
    /// If the area does not own every page, or with a flag other than `MREMAP_MAYMOVE`.
    pub fn remap(&mut self, pages: usize, flags: c_int) -> io::Result<()> {
        assert!(flags & !libc::MREMAP_MAYMOVE == 0, "MREMAP_FIXED could replace any memory");
        let (old, new) = (self.owned.borrow().len() * page_size(), pages * page_size());
        assert!(self.owns(0, old), "the area does not own these pages");
        // SAFETY: the area owns the old pages, and there is no reference to them. Without
        // MREMAP_FIXED the kernel takes only free addresses in addition.
        let start = unsafe { libc::mremap(self.start.cast(), old, new, flags) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        self.start = start.cast();
        *self.owned.borrow_mut() = vec![true; pages];
        Ok(())
    }

    /// Loads byte `offset`. May end the process with a signal.
    ///
    /// # Panics
    /// If the area does not own the page.
    pub fn load(&self, offset: usize) -> u8 {
        assert!(self.owns(offset, 1), "the area does not own these pages");
        // SAFETY: the area owns the page (asserted above), and the load is volatile: see the
        // preface.
        unsafe { self.start.wrapping_add(offset).read_volatile() }
    }

    /// Loads byte `offset`, even from a page that this area has unmapped, which is SIGSEGV.
    ///
    /// # Safety
    /// Since this area unmapped the page, nothing else was mapped at its address. A process with
    /// one thread, which maps nothing in between, can be sure of it.
    ///
    /// # Panics
    /// If `offset` is outside the area.
    pub unsafe fn load_even_if_unmapped(&self, offset: usize) -> u8 {
        assert!(offset / page_size() < self.owned.borrow().len(), "outside the area");
        // SAFETY: the page belongs to this area or, by this function's contract, is not mapped:
        // then the volatile load traps. See the preface.
        unsafe { self.start.wrapping_add(offset).read_volatile() }
    }

    /// Stores byte `offset`, even to a page that this area has unmapped, which is SIGSEGV.
    ///
    /// # Safety
    /// As [`Area::load_even_if_unmapped`].
    ///
    /// # Panics
    /// If `offset` is outside the area.
    pub unsafe fn store_even_if_unmapped(&self, offset: usize, byte: u8) {
        assert!(offset / page_size() < self.owned.borrow().len(), "outside the area");
        // SAFETY: the page belongs to this area or, by this function's contract, is not mapped:
        // then the volatile store traps. See the preface.
        unsafe { self.start.wrapping_add(offset).write_volatile(byte) }
    }

    /// Stores byte `offset`. May end the process with a signal.
    ///
    /// # Panics
    /// If the area does not own the page.
    pub fn store(&self, offset: usize, byte: u8) {
        assert!(self.owns(offset, 1), "the area does not own these pages");
        // SAFETY: the area owns the page (asserted above), and the store is volatile: see the
        // preface.
        unsafe { self.start.wrapping_add(offset).write_volatile(byte) }
    }

    /// Runs the instructions from byte `offset` on. May end the process with a signal.
    ///
    /// # Safety
    /// The bytes there are a whole function of this machine's code that takes nothing, returns
    /// nothing and changes nothing.
    ///
    /// # Panics
    /// If the area does not own the page.
    pub unsafe fn run(&self, offset: usize) {
        assert!(self.owns(offset, 1), "the area does not own these pages");
        let start = self.start.wrapping_add(offset);
        // SAFETY: by this function's contract a function of this type is at the address.
        let function = unsafe { std::mem::transmute::<*mut u8, extern "C" fn()>(start) };
        function();
    }

    /// `write(file, this area's byte offset, count)`: the kernel loads the bytes.
    ///
    /// # Errors
    /// `EFAULT` if the kernel cannot load a byte, and those of `write(2)`.
    ///
    /// # Panics
    /// If the area does not own every page of the range.
    pub fn write_to(&self, file: &impl AsRawFd, offset: usize, count: usize) -> io::Result<usize> {
        assert!(self.owns(offset, count), "the area does not own these pages");
        let from = self.start.wrapping_add(offset).cast();
        // SAFETY: the kernel loads only bytes that the area owns, and reports those that it cannot
        // load.
        let written = unsafe { libc::write(file.as_raw_fd(), from, count) };
        usize::try_from(written).map_err(|_| io::Error::last_os_error())
    }

    /// `read(file, this area's byte offset, count)`: the kernel stores the bytes.
    ///
    /// # Errors
    /// `EFAULT` if the kernel cannot store a byte, and those of `read(2)`.
    ///
    /// # Panics
    /// If the area does not own every page of the range.
    pub fn read_from(&self, file: &impl AsRawFd, offset: usize, count: usize) -> io::Result<usize> {
        assert!(self.owns(offset, count), "the area does not own these pages");
        let to = self.start.wrapping_add(offset).cast();
        // SAFETY: the kernel stores only to bytes that the area owns and nothing refers to, and
        // reports those that it cannot store.
        let read = unsafe { libc::read(file.as_raw_fd(), to, count) };
        usize::try_from(read).map_err(|_| io::Error::last_os_error())
    }

    /// The address of the area's first byte.
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
                // It fails only for lack of mappings to split; then the pages stay until the end.
                let _ = munmap(start, run.len() * page_size());
            }
            page += run.len();
        }
    }
}

/// The pages that a range of an area touches.
fn pages(offset: usize, length: usize) -> Range<usize> {
    offset / page_size()..offset.saturating_add(length).div_ceil(page_size())
}
