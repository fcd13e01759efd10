//! A semaphore at the start of a mapping, to see what a private one does to it (lesson 5 is about
//! semaphores). `just prove 4` uses it.
//!
//! # Safety
//! The mapping that a [`Semaphore`] is in stays borrowed as long as it lives; a page holds a
//! `sem_t`, and its start is aligned for anything.
#![expect(unsafe_code, reason = "POSIX semaphores have no safe wrapper")]

use std::io;

use super::bare::{Bare, done};

/// An unnamed, process-shared semaphore of value 0 in the first bytes of a mapping.
pub struct Semaphore<'a>(&'a Bare);

impl<'a> Semaphore<'a> {
    /// `sem_init(start, 1, 0)`; the mapping must be readable and writable.
    ///
    /// # Errors
    /// None that these arguments can provoke.
    pub fn new(mapping: &'a Bare) -> io::Result<Self> {
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

    /// `sem_trywait`: takes 1 if there is one.
    ///
    /// # Errors
    /// `EAGAIN` if the value is 0.
    pub fn try_wait(&self) -> io::Result<()> {
        // SAFETY: initialised by `new`, still mapped because it is borrowed.
        done(unsafe { libc::sem_trywait(self.0.start.cast()) })
    }
}
