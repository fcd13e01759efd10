//! A reader–writer lock and a condition variable between processes. glibc has a robust form of
//! neither; the claims show what a dead holder leaves behind. `cargo test` runs them.
//!
//! # Safety
//! A [`ReadWriteLock`] or a [`Condition`] points into a [`Page`] that it holds, so the memory stays
//! mapped while it lives. glibc keeps only counters there and follows no pointer in them.
#![expect(unsafe_code, reason = "reader-writer locks and condition variables between processes")]

use std::io;
use std::mem::MaybeUninit;

use libc::{c_int, pthread_cond_t, pthread_rwlock_t, timespec};

use super::{Mutex, Page, by_result};

unsafe extern "C" {
    /// Not in the crate `libc`.
    fn pthread_rwlock_timedrdlock(at: *mut pthread_rwlock_t, deadline: *const timespec) -> c_int;
    /// Likewise.
    fn pthread_rwlock_timedwrlock(at: *mut pthread_rwlock_t, deadline: *const timespec) -> c_int;
}

/// A process-shared `pthread_rwlock_t` in a page.
pub struct ReadWriteLock {
    at: *mut pthread_rwlock_t,
    _page: Page,
}

impl ReadWriteLock {
    /// The lock at byte `offset` of `page`, made or to be made.
    ///
    /// # Panics
    /// If it does not fit there or is not aligned.
    pub fn in_page(page: &Page, offset: usize) -> Self {
        Self { at: page.place(offset), _page: page.clone() }
    }

    /// `pthread_rwlock_init`, process-shared.
    ///
    /// # Errors
    /// None on Linux.
    pub fn init(&self) -> io::Result<()> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the call fills the memory that it is given.
        by_result(unsafe { libc::pthread_rwlockattr_init(attributes.as_mut_ptr()) })?;
        let shared = libc::PTHREAD_PROCESS_SHARED;
        // SAFETY: initialised by the call above.
        by_result(unsafe { libc::pthread_rwlockattr_setpshared(attributes.as_mut_ptr(), shared) })?;
        // SAFETY: `at` is aligned memory, mapped while `self` lives; the attributes are complete.
        by_result(unsafe { libc::pthread_rwlock_init(self.at, attributes.as_ptr()) })
    }

    /// `pthread_rwlock_timedrdlock`, a moment of `CLOCK_REALTIME`.
    ///
    /// # Errors
    /// `ETIMEDOUT`.
    pub fn read_until(&self, deadline: &timespec) -> io::Result<()> {
        // SAFETY: `at` is mapped while `self` lives; the call reads one timespec.
        by_result(unsafe { pthread_rwlock_timedrdlock(self.at, deadline) })
    }

    /// `pthread_rwlock_timedwrlock`, a moment of `CLOCK_REALTIME`.
    ///
    /// # Errors
    /// `ETIMEDOUT`.
    pub fn write_until(&self, deadline: &timespec) -> io::Result<()> {
        // SAFETY: as in `read_until`.
        by_result(unsafe { pthread_rwlock_timedwrlock(self.at, deadline) })
    }

    /// `pthread_rwlock_unlock`.
    ///
    /// # Errors
    /// None with glibc.
    pub fn unlock(&self) -> io::Result<()> {
        // SAFETY: as in `read_until`; glibc changes only counters, even if the caller holds nothing.
        by_result(unsafe { libc::pthread_rwlock_unlock(self.at) })
    }
}

/// A process-shared `pthread_cond_t` in a page.
pub struct Condition {
    at: *mut pthread_cond_t,
    _page: Page,
}

impl Condition {
    /// The condition variable at byte `offset` of `page`, made or to be made.
    ///
    /// # Panics
    /// If it does not fit there or is not aligned.
    pub fn in_page(page: &Page, offset: usize) -> Self {
        Self { at: page.place(offset), _page: page.clone() }
    }

    /// `pthread_cond_init`, process-shared.
    ///
    /// # Errors
    /// None on Linux.
    pub fn init(&self) -> io::Result<()> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the call fills the memory that it is given.
        by_result(unsafe { libc::pthread_condattr_init(attributes.as_mut_ptr()) })?;
        let shared = libc::PTHREAD_PROCESS_SHARED;
        // SAFETY: initialised by the call above.
        by_result(unsafe { libc::pthread_condattr_setpshared(attributes.as_mut_ptr(), shared) })?;
        // SAFETY: `at` is aligned memory, mapped while `self` lives; the attributes are complete.
        by_result(unsafe { libc::pthread_cond_init(self.at, attributes.as_ptr()) })
    }

    /// `pthread_cond_timedwait`, a moment of `CLOCK_REALTIME`; the caller holds `mutex`.
    ///
    /// # Errors
    /// `ETIMEDOUT`; `EOWNERDEAD` if an owner of the robust `mutex` died meanwhile.
    pub fn wait_until(&self, mutex: &Mutex, deadline: &timespec) -> io::Result<()> {
        // SAFETY: both are mapped while they are borrowed; the call reads one timespec.
        by_result(unsafe { libc::pthread_cond_timedwait(self.at, mutex.pointer(), deadline) })
    }

    /// `pthread_cond_signal`.
    ///
    /// # Errors
    /// None on Linux.
    pub fn signal(&self) -> io::Result<()> {
        // SAFETY: as in `wait_until`.
        by_result(unsafe { libc::pthread_cond_signal(self.at) })
    }

    /// `pthread_cond_destroy`, which waits for the waiters that have been woken.
    ///
    /// # Errors
    /// None with glibc.
    pub fn destroy(&self) -> io::Result<()> {
        // SAFETY: as in `wait_until`; the memory stays.
        by_result(unsafe { libc::pthread_cond_destroy(self.at) })
    }
}

/// Whether the C library has `pthread_rwlockattr_setrobust`, which POSIX does not have either.
pub fn has_robust_read_write_locks() -> bool {
    let name = c"pthread_rwlockattr_setrobust";
    // SAFETY: `name` ends in a NUL; the call looks it up and calls nothing.
    !unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) }.is_null()
}
