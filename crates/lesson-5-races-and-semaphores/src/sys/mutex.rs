//! `pthread_mutex_t` and its attributes behind types: process-shared, robust, error-checking.
//! `cargo lesson-5` keeps a mutex in a mapped file.
//!
//! # Safety
//! A [`Mutex`] points into a [`Page`] that it holds, so the memory stays mapped while it lives. The C
//! library keeps a list of the robust mutexes that a thread has locked; the kernel walks that list
//! when the thread ends. A mutex is in the list only while it is locked, and an owner that drops a
//! locked mutex leaks the page instead of unmapping it. One thing cannot be checked: the links of the
//! list are in the shared page, and the library follows them when it unlocks. Every process that can
//! store to the page can therefore harm every process that locks in it. So the file has mode 0600,
//! and a program shares a robust mutex only with programs that it trusts as much as itself.
//!
//! [`Attributes`] are memory of this process alone: initialised when a value is made, destroyed once,
//! when the value is dropped.
#![expect(unsafe_code, reason = "robust mutexes, which no crate of ours wraps")]

use std::cell::{Cell, UnsafeCell};
use std::io;
use std::mem::{ManuallyDrop, MaybeUninit};

use libc::{c_int, clockid_t, pthread_mutex_t, pthread_mutexattr_t, timespec};

use super::{Page, by_result};

#[cfg(target_env = "gnu")]
unsafe extern "C" {
    /// In glibc since 2.30, not in musl 1.2.6, and not in the crate `libc`.
    fn pthread_mutex_clocklock(
        at: *mut pthread_mutex_t,
        clock: clockid_t,
        deadline: *const timespec,
    ) -> c_int;
}

/// A mutex in a page, made or to be made.
pub struct Mutex {
    at: *mut pthread_mutex_t,
    page: Page,
    locked: Cell<bool>,
}

/// How a mutex was locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acquired {
    /// It was free, or its owner unlocked it.
    Clean,
    /// Its owner died (`EOWNERDEAD`). The caller owns it now and must repair the data.
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

    /// `pthread_mutex_init`: initialises it, whatever was there.
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
    /// `ENOTRECOVERABLE` if a process unlocked it without a repair; `EDEADLK` if it is an
    /// error-checking mutex that the caller owns already.
    pub fn lock(&self) -> io::Result<Acquired> {
        // SAFETY: `at` is mapped while `self` lives (see the preface).
        self.got(unsafe { libc::pthread_mutex_lock(self.at) })
    }

    /// `pthread_mutex_trylock`.
    ///
    /// # Errors
    /// `EBUSY` if it is locked; `ENOTRECOVERABLE`.
    pub fn try_lock(&self) -> io::Result<Acquired> {
        // SAFETY: as in `lock`.
        self.got(unsafe { libc::pthread_mutex_trylock(self.at) })
    }

    /// `pthread_mutex_timedlock`: waits at most until `deadline`, a moment of `CLOCK_REALTIME`.
    ///
    /// # Errors
    /// `ETIMEDOUT`; if the call would wait, `EINVAL` for nanoseconds outside of 0..1 000 000 000; those
    /// of `lock`.
    pub fn lock_until(&self, deadline: &timespec) -> io::Result<Acquired> {
        // SAFETY: as in `lock`; the call reads one timespec.
        self.got(unsafe { libc::pthread_mutex_timedlock(self.at, deadline) })
    }

    /// `pthread_mutex_clocklock`: the same, with a moment of `clock`.
    ///
    /// # Errors
    /// Those of [`lock_until`](Self::lock_until); `EINVAL` for a clock that is neither
    /// `CLOCK_REALTIME` nor `CLOCK_MONOTONIC`.
    #[cfg(target_env = "gnu")]
    pub fn lock_until_on(&self, clock: clockid_t, deadline: &timespec) -> io::Result<Acquired> {
        // SAFETY: as in `lock`; the call reads one timespec, which is borrowed until it returns.
        self.got(unsafe { pthread_mutex_clocklock(self.at, clock, deadline) })
    }

    /// What `pthread_mutex_clocklock` does, for a C library without it: as long as nobody sets
    /// `CLOCK_REALTIME`.
    ///
    /// # Errors
    /// Those of [`lock_until`](Self::lock_until); `EINVAL` for an unknown clock.
    #[cfg(not(target_env = "gnu"))]
    pub fn lock_until_on(&self, clock: clockid_t, deadline: &timespec) -> io::Result<Acquired> {
        self.lock_until(&super::as_realtime(clock, deadline)?)
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

    /// `pthread_mutex_consistent`: marks the mutex as repaired.
    ///
    /// # Errors
    /// `EINVAL` if no owner of the mutex has died.
    pub fn consistent(&self) -> io::Result<()> {
        // SAFETY: as in `lock`.
        by_result(unsafe { libc::pthread_mutex_consistent(self.at) })
    }

    /// `pthread_mutex_destroy`.
    ///
    /// # Errors
    /// `EBUSY` if it is locked and not robust.
    pub fn destroy(&self) -> io::Result<()> {
        // SAFETY: as in `lock`; the memory stays, and only `init` makes it a mutex again.
        by_result(unsafe { libc::pthread_mutex_destroy(self.at) })
    }

    /// Unmaps the page although the mutex may be locked in it: the mistake that `drop` avoids.
    ///
    /// # Safety
    /// - This thread locks and unlocks no robust mutex from here to its end: its list of locked
    ///   mutexes leads into unmapped memory. (The kernel checks each address of the list, and stops.)
    pub unsafe fn abandon(self) {
        self.locked.set(false);
    }

    pub(super) fn pointer(&self) -> *mut pthread_mutex_t {
        self.at
    }

    fn got(&self, result: c_int) -> io::Result<Acquired> {
        let how = match result {
            libc::EOWNERDEAD => Acquired::OwnerDied,
            other => by_result(other).map(|()| Acquired::Clean)?,
        };
        self.locked.set(true);
        Ok(how)
    }
}

impl Drop for Mutex {
    /// A page with a locked mutex stays mapped until the process ends. If it were unmapped, the kernel
    /// would stop there: neither this mutex nor one that was locked earlier would be marked.
    fn drop(&mut self) {
        if self.locked.get() {
            let _stays = ManuallyDrop::new(self.page.clone());
        }
    }
}

/// The attributes of a new mutex.
pub struct Attributes(UnsafeCell<pthread_mutexattr_t>);

impl Attributes {
    /// `pthread_mutexattr_init`: the defaults.
    ///
    /// # Errors
    /// None on Linux.
    pub fn new() -> io::Result<Self> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the call fills the memory that it is given.
        by_result(unsafe { libc::pthread_mutexattr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: filled by the call above, which succeeded.
        Ok(Self(UnsafeCell::new(unsafe { attributes.assume_init() })))
    }

    /// What a lock between processes needs: process-shared and robust.
    ///
    /// # Errors
    /// None on Linux.
    pub fn robust_and_shared() -> io::Result<Self> {
        let attributes = Self::new()?;
        attributes.set_shared(libc::PTHREAD_PROCESS_SHARED)?;
        attributes.set_robust(libc::PTHREAD_MUTEX_ROBUST)?;
        Ok(attributes)
    }

    /// `pthread_mutexattr_setpshared`.
    ///
    /// # Errors
    /// `EINVAL` for anything but the two constants.
    pub fn set_shared(&self, shared: c_int) -> io::Result<()> {
        // SAFETY: initialised in `new`, and not destroyed before `drop`.
        by_result(unsafe { libc::pthread_mutexattr_setpshared(self.0.get(), shared) })
    }

    /// `pthread_mutexattr_setrobust`.
    ///
    /// # Errors
    /// `EINVAL` for anything but the two constants.
    pub fn set_robust(&self, robust: c_int) -> io::Result<()> {
        // SAFETY: as in `set_shared`.
        by_result(unsafe { libc::pthread_mutexattr_setrobust(self.0.get(), robust) })
    }

    /// `pthread_mutexattr_settype`.
    ///
    /// # Errors
    /// `EINVAL` for an unknown type.
    pub fn set_type(&self, kind: c_int) -> io::Result<()> {
        // SAFETY: as in `set_shared`.
        by_result(unsafe { libc::pthread_mutexattr_settype(self.0.get(), kind) })
    }

    /// Whether it is process-shared, and whether it is robust, as the constants' numbers.
    ///
    /// # Errors
    /// None on Linux.
    pub fn shared_and_robust(&self) -> io::Result<(c_int, c_int)> {
        let (mut shared, mut robust) = (-1, -1);
        // SAFETY: as in `set_shared`; the call writes one c_int.
        by_result(unsafe { libc::pthread_mutexattr_getpshared(self.0.get(), &raw mut shared) })?;
        // SAFETY: likewise.
        by_result(unsafe { libc::pthread_mutexattr_getrobust(self.0.get(), &raw mut robust) })?;
        Ok((shared, robust))
    }

    fn pointer(&self) -> *const pthread_mutexattr_t {
        self.0.get()
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, destroyed once. It cannot fail.
        unsafe { libc::pthread_mutexattr_destroy(self.0.get()) };
    }
}
