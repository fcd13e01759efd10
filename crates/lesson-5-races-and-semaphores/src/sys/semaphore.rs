//! `sem_t` behind a type: `sem_init`, `sem_open` and the calls on both kinds. `cargo lesson-5` uses
//! both.
//!
//! # Safety
//! A [`Semaphore`] points to a `sem_t` that stays mapped while the value lives: it holds the page,
//! or it came from `sem_open` and stays until the one matching `sem_close`, in `drop` or in
//! [`close`](Semaphore::close), which consumes the value. The C library changes a `sem_t` with atomic
//! instructions and follows no pointer in it. So whatever another process has stored there, these
//! calls harm no memory; at worst they wait or abort the process.
#![expect(unsafe_code, reason = "POSIX semaphores, which no crate of ours wraps")]

use std::ffi::CString;
use std::io;

use libc::{c_int, c_uint, clockid_t, sem_t, timespec};

use super::{Page, by_errno};

#[cfg(target_env = "gnu")]
unsafe extern "C" {
    /// In glibc since 2.30, not in musl 1.2.6, and not in the crate `libc`.
    fn sem_clockwait(at: *mut sem_t, clock: clockid_t, deadline: *const timespec) -> c_int;
}

/// A semaphore in one of our pages, or one with a name.
pub struct Semaphore {
    at: *mut sem_t,
    page: Option<Page>, // None: it came from `sem_open`.
}

/// How `sem_open` makes a semaphore that is missing.
#[derive(Clone, Copy)]
pub struct Create {
    /// Fail if it exists (`O_EXCL`).
    pub exclusive: bool,
    /// The mode of its file; the umask clears bits of it.
    pub mode: libc::mode_t,
    /// Its first count.
    pub value: c_uint,
}

impl Semaphore {
    /// The semaphore at byte `offset` of `page`, made or to be made.
    ///
    /// # Panics
    /// If it does not fit there or is not aligned.
    pub fn in_page(page: &Page, offset: usize) -> Self {
        Self { at: page.place(offset), page: Some(page.clone()) }
    }

    /// `sem_open(name, …)`: opens the semaphore with this name.
    ///
    /// # Errors
    /// `ENOENT`, `EEXIST`, `EACCES`, `EINVAL` (value or name), `ENAMETOOLONG`, `EMFILE`, `ENFILE`,
    /// `ENOMEM`, `ENOSPC` (/dev/shm is full); `InvalidInput` for a name with a NUL in it.
    pub fn open(name: &str, create: Option<Create>) -> io::Result<Self> {
        let name = CString::new(name)?;
        let flags = match create {
            None => 0,
            Some(Create { exclusive: false, .. }) => libc::O_CREAT,
            Some(Create { exclusive: true, .. }) => libc::O_CREAT | libc::O_EXCL,
        };
        let Create { mode, value, .. } =
            create.unwrap_or(Create { exclusive: false, mode: 0, value: 0 });
        // SAFETY: `name` ends in a NUL; mode and value are the two further arguments that the
        // call reads if O_CREAT is among the flags.
        let at = unsafe { libc::sem_open(name.as_ptr(), flags, mode, value) };
        match at == libc::SEM_FAILED {
            true => Err(io::Error::last_os_error()),
            false => Ok(Self { at, page: None }),
        }
    }

    /// `sem_init(at, pshared, value)`: initialises it, whatever was there.
    ///
    /// # Errors
    /// `EINVAL` if `value` is above `SEM_VALUE_MAX`.
    pub fn init(&self, pshared: c_int, value: c_uint) -> io::Result<()> {
        // SAFETY: `at` is aligned memory for a sem_t, mapped while `self` lives.
        by_errno(unsafe { libc::sem_init(self.at, pshared, value) })
    }

    /// `sem_wait`: takes 1 from the count; waits while the count is 0.
    ///
    /// # Errors
    /// `EINTR` if a signal handler without `SA_RESTART` ran.
    pub fn wait(&self) -> io::Result<()> {
        // SAFETY: `at` is mapped while `self` lives (see the preface).
        by_errno(unsafe { libc::sem_wait(self.at) })
    }

    /// `sem_trywait`: takes 1 from the count if the count is above 0.
    ///
    /// # Errors
    /// `EAGAIN` if the count is 0.
    pub fn try_wait(&self) -> io::Result<()> {
        // SAFETY: as in `wait`.
        by_errno(unsafe { libc::sem_trywait(self.at) })
    }

    /// `sem_timedwait`: takes 1; waits at most until `deadline`, a moment of `CLOCK_REALTIME`.
    ///
    /// # Errors
    /// `ETIMEDOUT`, `EINVAL` for nanoseconds outside of 0..1 000 000 000, `EINTR`.
    pub fn wait_until(&self, deadline: &timespec) -> io::Result<()> {
        // SAFETY: as in `wait`; the call reads one timespec.
        by_errno(unsafe { libc::sem_timedwait(self.at, deadline) })
    }

    /// `sem_clockwait`: the same, with a moment of `clock`.
    ///
    /// # Errors
    /// Those of [`wait_until`](Self::wait_until); `EINVAL` for a clock that is neither
    /// `CLOCK_REALTIME` nor `CLOCK_MONOTONIC`.
    #[cfg(target_env = "gnu")]
    pub fn wait_until_on(&self, clock: clockid_t, deadline: &timespec) -> io::Result<()> {
        // SAFETY: as in `wait`; the call reads one timespec, which is borrowed until it returns.
        by_errno(unsafe { sem_clockwait(self.at, clock, deadline) })
    }

    /// What `sem_clockwait` does, for a C library without it: as long as nobody sets `CLOCK_REALTIME`.
    ///
    /// # Errors
    /// Those of [`wait_until`](Self::wait_until); `EINVAL` for an unknown clock.
    #[cfg(not(target_env = "gnu"))]
    pub fn wait_until_on(&self, clock: clockid_t, deadline: &timespec) -> io::Result<()> {
        self.wait_until(&super::as_realtime(clock, deadline)?)
    }

    /// `sem_post`: adds 1 to the count, and wakes one waiting process.
    ///
    /// # Errors
    /// `EOVERFLOW` at `SEM_VALUE_MAX`.
    pub fn post(&self) -> io::Result<()> {
        // SAFETY: as in `wait`.
        by_errno(unsafe { libc::sem_post(self.at) })
    }

    /// `sem_getvalue`: the count a moment ago.
    ///
    /// # Errors
    /// None with glibc; the manual page lists `EINVAL`.
    pub fn value(&self) -> io::Result<c_int> {
        let mut value = 0;
        // SAFETY: as in `wait`; the call writes one c_int.
        by_errno(unsafe { libc::sem_getvalue(self.at, &raw mut value) })?;
        Ok(value)
    }

    /// `sem_destroy`.
    ///
    /// # Errors
    /// None with glibc; the manual page lists `EINVAL`.
    pub fn destroy(&self) -> io::Result<()> {
        // SAFETY: as in `wait`; glibc does nothing here, and the memory stays.
        by_errno(unsafe { libc::sem_destroy(self.at) })
    }

    /// `sem_close`, which fails for a semaphore that did not come from `sem_open`.
    ///
    /// # Errors
    /// `EINVAL` if it did not come from `sem_open`.
    pub fn close(self) -> io::Result<()> {
        let this = std::mem::ManuallyDrop::new(self);
        // SAFETY: the call looks the address up in its own table and uses it only if it is there;
        // `self` is used no more, neither by the caller nor by `drop`.
        by_errno(unsafe { libc::sem_close(this.at) })
    }

    /// The address of the semaphore in this process.
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
            // SAFETY: opened once by `open`, closed once here; no other value has the pointer.
            unsafe { libc::sem_close(self.at) }; // It cannot fail: the address came from sem_open.
        }
    }
}

/// `sem_unlink(name)`: removes the name; a process that has the semaphore open keeps it.
///
/// # Errors
/// `ENOENT`, `EACCES`, `ENAMETOOLONG`; `InvalidInput` for a name with a NUL in it.
pub fn unlink(name: &str) -> io::Result<()> {
    let name = CString::new(name)?;
    // SAFETY: `name` ends in a NUL.
    by_errno(unsafe { libc::sem_unlink(name.as_ptr()) })
}
