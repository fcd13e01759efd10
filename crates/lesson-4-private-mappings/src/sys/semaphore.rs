//! A semaphore at the start of a mapping, private or shared. Lesson 5 explains semaphores.
//! `just prove 4` uses it.
//!
//! # Safety
//! A [`Semaphore`] borrows its mapping as long as it lives. A page is longer than a `sem_t`, and the
//! start of a page is aligned for every type.
#![expect(unsafe_code, reason = "POSIX semaphores have no safe wrapper")]

use std::io;

use super::raw_mapping::{RawMapping, done};

/// An unnamed, process-shared semaphore of value 0 in the first bytes of a mapping.
pub struct Semaphore<'a>(&'a RawMapping);

impl<'a> Semaphore<'a> {
    /// `sem_init(start, 1, 0)`; the mapping must be readable and writable.
    ///
    /// # Errors
    /// None that these arguments can cause.
    pub fn new(mapping: &'a RawMapping) -> io::Result<Self> {
        // SAFETY: the mapping's first page is ours, borrowed, and aligned.
        done(unsafe { libc::sem_init(mapping.start.cast(), 1, 0) })?;
        Ok(Self(mapping))
    }

    /// `sem_post`: adds 1.
    ///
    /// # Errors
    /// `EOVERFLOW`.
    pub fn post(&self) -> io::Result<()> {
        // SAFETY: initialised by `new`, still mapped because it is borrowed.
        done(unsafe { libc::sem_post(self.0.start.cast()) })
    }

    /// `sem_trywait`: subtracts 1 if the value is above 0.
    ///
    /// # Errors
    /// `EAGAIN` if the value is 0.
    pub fn try_wait(&self) -> io::Result<()> {
        // SAFETY: initialised by `new`, still mapped because it is borrowed.
        done(unsafe { libc::sem_trywait(self.0.start.cast()) })
    }
}
