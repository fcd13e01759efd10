//! `pthread_mutex_t` behind a type: process-shared, robust, error-checking. `cargo lesson-5` keeps
//! one in a mapped file.
//!
//! # Safety
//! A [`Mutex`] points into a [`Page`] that it holds, so the memory stays mapped while it lives; the
//! robust list, which the C library and the kernel walk when the thread ends, has an entry there
//! only while the mutex is locked, and an owner that drops a locked one leaks the page instead of
//! unmapping it. What cannot be checked: the entry's own links lie in the shared page, and the
//! library follows them when it unlocks. Whoever may store to the page can therefore harm every
//! process that locks in it. So the file has mode 0600, and a program shares a robust mutex only
//! with programs that it trusts as it trusts itself.
#![expect(unsafe_code, reason = "robust mutexes, which no crate of ours wraps")]

use std::cell::Cell;
use std::io;

use libc::{c_int, pthread_mutex_t, timespec};

use super::{Attributes, Page, by_result};

/// A mutex in a page, made or to be made.
pub struct Mutex {
    at: *mut pthread_mutex_t,
    page: Page,
    locked: Cell<bool>,
}

/// How a mutex was got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    /// It was free, or its owner unlocked it.
    Clean,
    /// Its owner died (`EOWNERDEAD`): it is the caller's now, and so is the mess.
    OwnerDied,
}

impl Mutex {
    /// The mutex at byte `offset` of `page`.
    ///
    /// # Panics
    /// If it does not fit there or is not aligned.
    pub fn in_page(page: &Page, offset: usize) -> Self {
        Self { at: page.place(offset), page: page.clone(), locked: Cell::new(false) }
    }

    /// `pthread_mutex_init`: makes it anew, whatever was there.
    ///
    /// # Errors
    /// None on Linux for attributes that could be set.
    pub fn init(&self, attributes: &Attributes) -> io::Result<()> {
        // SAFETY: `at` is aligned memory for a mutex, mapped while `self` lives.
        by_result(unsafe { libc::pthread_mutex_init(self.at, attributes.pointer()) })
    }

    /// `pthread_mutex_lock`.
    ///
    /// # Errors
    /// `ENOTRECOVERABLE` if somebody gave it up unrepaired; `EDEADLK` if it is an error-checking
    /// one of the caller's own.
    pub fn lock(&self) -> io::Result<Locked> {
        // SAFETY: `at` is mapped while `self` lives (see the preface).
        self.got(unsafe { libc::pthread_mutex_lock(self.at) })
    }

    /// `pthread_mutex_trylock`.
    ///
    /// # Errors
    /// `EBUSY` if it is locked; `ENOTRECOVERABLE`.
    pub fn try_lock(&self) -> io::Result<Locked> {
        // SAFETY: as in `lock`.
        self.got(unsafe { libc::pthread_mutex_trylock(self.at) })
    }

    /// `pthread_mutex_timedlock`: waits until the absolute `deadline`.
    ///
    /// # Errors
    /// `ETIMEDOUT`, `EINVAL` for nanoseconds outside of 0..1 000 000 000, and those of `lock`.
    pub fn lock_until(&self, deadline: &timespec) -> io::Result<Locked> {
        // SAFETY: as in `lock`; the call reads one timespec.
        self.got(unsafe { libc::pthread_mutex_timedlock(self.at, deadline) })
    }

    /// `pthread_mutex_unlock`.
    ///
    /// # Errors
    /// `EPERM` if the caller is not the owner and the mutex is robust or error-checking.
    pub fn unlock(&self) -> io::Result<()> {
        // SAFETY: as in `lock`.
        by_result(unsafe { libc::pthread_mutex_unlock(self.at) })?;
        self.locked.set(false);
        Ok(())
    }

    /// `pthread_mutex_consistent`: says that the data are whole again.
    ///
    /// # Errors
    /// `EINVAL` if the mutex is not one whose owner died.
    pub fn consistent(&self) -> io::Result<()> {
        // SAFETY: as in `lock`.
        by_result(unsafe { libc::pthread_mutex_consistent(self.at) })
    }

    /// `pthread_mutex_destroy`.
    ///
    /// # Errors
    /// `EBUSY` if it is locked.
    pub fn destroy(&self) -> io::Result<()> {
        // SAFETY: as in `lock`; the memory stays, and only `init` makes it a mutex again.
        by_result(unsafe { libc::pthread_mutex_destroy(self.at) })
    }

    /// Lets go of the page although the mutex may be locked in it: the mistake that `drop` avoids.
    ///
    /// # Safety
    /// - This thread locks and unlocks no robust mutex from here to its end: its list of them
    ///   leads into memory that is gone. (The kernel, which walks the list at the end, checks.)
    pub unsafe fn abandon(self) {
        self.locked.set(false);
    }

    fn got(&self, result: c_int) -> io::Result<Locked> {
        let how = match result {
            libc::EOWNERDEAD => Locked::OwnerDied,
            other => by_result(other).map(|()| Locked::Clean)?,
        };
        self.locked.set(true);
        Ok(how)
    }
}

impl Drop for Mutex {
    /// A page with a locked mutex stays mapped until the process ends: the kernel can only mark
    /// the owner's death in memory that is still there.
    fn drop(&mut self) {
        if self.locked.get() {
            let _stays = std::mem::ManuallyDrop::new(self.page.clone());
        }
    }
}
