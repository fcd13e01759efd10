//! One page of memory that other processes may map too. `cargo lesson-5` keeps its locks in one.
//!
//! # Safety
//! A [`Page`] owns its mapping, which stays mapped while a clone of the page lives. The content may
//! change at any moment, so it is handed out as atomics or as raw pointers, never as `&T` to plain
//! data. If another process truncates the file, an access is SIGBUS (lesson 1): the process ends, and
//! no other memory is harmed.
#![expect(unsafe_code, reason = "a reference into memory that other processes map")]

use std::fs::File;
use std::io;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use common::page_size;
use memmap2::{MmapOptions, MmapRaw};

use super::by_errno;

/// The first page of a file, or a page of this process's own. Clones are the same page.
#[derive(Clone)]
pub struct Page(Rc<MmapRaw>);

impl Page {
    /// Maps the first page of `file`, shared; the file must be that long.
    ///
    /// # Errors
    /// `EACCES` if the file is not open for both reading and writing, `ENODEV` if it cannot be
    /// mapped, `ENOMEM`.
    pub fn of(file: &File) -> io::Result<Self> {
        Ok(Self(Rc::new(MmapOptions::new().len(page_size()).map_raw(file)?)))
    }

    /// The same, for loads only: a store is SIGSEGV.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn read_only(file: &File) -> io::Result<Self> {
        Ok(Self(Rc::new(MmapOptions::new().len(page_size()).map_raw_read_only(file)?)))
    }

    /// Takes the permission to store away, from every clone of the page: a store is SIGSEGV.
    ///
    /// # Errors
    /// `ENOMEM` if the kernel cannot split a mapping.
    pub fn make_read_only(&self) -> io::Result<()> {
        let start = self.0.as_mut_ptr().cast();
        // SAFETY: the page is mapped while `self` lives, and its bytes stay what they are. A store to it
        // ends the process, and harms no memory.
        by_errno(unsafe { libc::mprotect(start, self.0.len(), libc::PROT_READ) })
    }

    /// A page without a file, which no other program sees.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn private() -> io::Result<Self> {
        Ok(Self(Rc::new(MmapOptions::new().len(page_size()).map_anon()?.into())))
    }

    /// The 64-bit word at byte `offset`.
    ///
    /// # Panics
    /// If `offset` is not a multiple of 8 or the word does not fit in the page.
    pub fn word(&self, offset: usize) -> &AtomicU64 {
        let at: *mut AtomicU64 = self.place(offset);
        // SAFETY: `place` checked that the word lies in the page and is aligned; the page stays
        // mapped while `self` does; any bits are a u64, and atomics may be shared with anyone.
        unsafe { &*at }
    }

    /// Whether every byte from `offset` on is zero.
    pub fn is_zero_from(&self, offset: usize) -> bool {
        let words = (offset..page_size()).step_by(size_of::<u64>());
        words.into_iter().all(|at| self.word(at).load(Relaxed) == 0)
    }

    /// Stores zero to every byte from `offset` on.
    pub fn clear_from(&self, offset: usize) {
        let words = (offset..page_size()).step_by(size_of::<u64>());
        words.into_iter().for_each(|at| self.word(at).store(0, Relaxed));
    }

    /// The address of a `T` at byte `offset`.
    ///
    /// # Panics
    /// If it does not fit in the page or is not aligned.
    pub(super) fn place<T>(&self, offset: usize) -> *mut T {
        let end = offset.checked_add(size_of::<T>());
        assert!(end.is_some_and(|end| end <= self.0.len()), "byte {offset} is too near the end");
        assert!(offset.is_multiple_of(align_of::<T>()), "byte {offset} is not aligned");
        self.0.as_mut_ptr().wrapping_add(offset).cast()
    }
}
