//! `sem_t` behind a type: `sem_init`, `sem_open` and what follows. `cargo lesson-5` uses both kinds.
//!
//! # Safety
//! A [`Semaphore`] points to a `sem_t` that stays mapped while the value lives: it holds the page,
//! or it is one of `sem_open`'s, which stays until the matching `sem_close` in `drop`. The C library
//! changes a `sem_t` with atomic instructions and follows no pointer in it, so whatever another
//! process has stored there, these calls harm no memory; at worst they wait or abort the process.
#![expect(unsafe_code, reason = "POSIX semaphores, which no crate of ours wraps")]

use std::io;

use libc::{c_int, c_uint, sem_t, timespec};

use super::{Page, by_errno};

/// A semaphore in a page of ours, or one with a name.
pub struct Semaphore {
    pub(super) at: *mut sem_t,
    pub(super) page: Option<Page>, // None: `sem_open`'s.
}

impl Semaphore {
    /// The semaphore at byte `offset` of `page`, made or to be made.
    ///
    /// # Panics
    /// If it does not fit there or is not aligned.
    pub fn in_page(page: &Page, offset: usize) -> Self {
        Self { at: page.place(offset), page: Some(page.clone()) }
    }

    /// `sem_init(at, pshared, value)`: makes it anew, whatever was there.
    ///
    /// # Errors
    /// `EINVAL` if `value` is above `SEM_VALUE_MAX`.
    pub fn init(&self, pshared: c_int, value: c_uint) -> io::Result<()> {
        // SAFETY: `at` is aligned memory for a sem_t, mapped while `self` lives.
        by_errno(unsafe { libc::sem_init(self.at, pshared, value) })
    }

    /// `sem_wait`: takes one; waits while there is none.
    ///
    /// # Errors
    /// `EINTR` if a signal handler without `SA_RESTART` ran.
    pub fn wait(&self) -> io::Result<()> {
        // SAFETY: `at` is mapped while `self` lives (see the preface).
        by_errno(unsafe { libc::sem_wait(self.at) })
    }

    /// `sem_trywait`: takes one if there is one.
    ///
    /// # Errors
    /// `EAGAIN` if there is none.
    pub fn try_wait(&self) -> io::Result<()> {
        // SAFETY: as in `wait`.
        by_errno(unsafe { libc::sem_trywait(self.at) })
    }

    /// `sem_timedwait`: takes one; waits until the absolute `deadline`.
    ///
    /// # Errors
    /// `ETIMEDOUT`, `EINVAL` for nanoseconds outside of 0..1 000 000 000, `EINTR`.
    pub fn wait_until(&self, deadline: &timespec) -> io::Result<()> {
        // SAFETY: as in `wait`; the call reads one timespec.
        by_errno(unsafe { libc::sem_timedwait(self.at, deadline) })
    }

    /// `sem_post`: adds one, and wakes one who waits.
    ///
    /// # Errors
    /// `EOVERFLOW` at `SEM_VALUE_MAX`.
    pub fn post(&self) -> io::Result<()> {
        // SAFETY: as in `wait`.
        by_errno(unsafe { libc::sem_post(self.at) })
    }

    /// `sem_getvalue`: how many there were a moment ago.
    ///
    /// # Errors
    /// None on Linux; the pages know `EINVAL`.
    pub fn value(&self) -> io::Result<c_int> {
        let mut value = 0;
        // SAFETY: as in `wait`; the call writes one c_int.
        by_errno(unsafe { libc::sem_getvalue(self.at, &raw mut value) })?;
        Ok(value)
    }

    /// `sem_destroy`.
    ///
    /// # Errors
    /// None with glibc; the page knows `EINVAL`.
    pub fn destroy(&self) -> io::Result<()> {
        // SAFETY: as in `wait`; glibc does nothing here, and the memory stays.
        by_errno(unsafe { libc::sem_destroy(self.at) })
    }

    /// Where it is in this process.
    pub fn address(&self) -> usize {
        self.at.addr()
    }

    pub(super) fn pointer(&self) -> *mut sem_t {
        self.at
    }
}

impl Drop for Semaphore {
    fn drop(&mut self) {
        if self.page.is_none() {
            // SAFETY: opened once by `open`, closed once here; nobody has a copy of the pointer.
            unsafe { libc::sem_close(self.at) }; // It cannot fail: the address is sem_open's.
        }
    }
}
