//! A semaphore in the mapped file itself. `cargo lesson-5` adds under its protection, and
//! `cargo lesson-5 hold semaphore-in-file FILE` holds it.

use std::io;
use std::path::Path;

use common::{Result, Stage};

use crate::first_comer::{self, Kind, THING};
use crate::sys::Semaphore;
use crate::{Attempt, Exclusion, Primitive, add_inside};

/// Not 0: for all who map it. With 0, `sem_post` wakes nobody in another process.
const PSHARED: libc::c_int = 1;

/// One place inside: a semaphore that starts at 1.
pub struct SemaphoreInFile(Semaphore);

impl SemaphoreInFile {
    /// Opens the semaphore in `path`, or makes it there.
    ///
    /// # Errors
    /// The system's, on the step that failed; a file that holds something else.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, 1)
    }

    /// The same with another first value.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: &Path, value: u32) -> Result<Self> {
        let make = |page: &_| Semaphore::in_page(page, THING).init(PSHARED, value);
        let page = first_comer::open(path, Kind::Semaphore, make)?;
        Ok(Self(Semaphore::in_page(&page, THING)))
    }

    /// The semaphore itself.
    pub fn semaphore(&self) -> &Semaphore {
        &self.0
    }
}

impl Exclusion for SemaphoreInFile {
    fn enter(&mut self) -> io::Result<Attempt> {
        enter(&self.0)
    }

    fn try_enter(&mut self) -> io::Result<Attempt> {
        try_enter(&self.0)
    }

    fn leave(&mut self) -> io::Result<()> {
        self.0.post()
    }
}

/// Takes the one place; a signal handler that ran meanwhile is no reason to go in without it.
pub(crate) fn enter(semaphore: &Semaphore) -> io::Result<Attempt> {
    loop {
        match semaphore.wait() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done.map(|()| Attempt::Entered),
        }
    }
}

/// Takes the one place if it is free.
pub(crate) fn try_enter(semaphore: &Semaphore) -> io::Result<Attempt> {
    match semaphore.try_wait() {
        Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => Ok(Attempt::Busy),
        done => done.map(|()| Attempt::Entered),
    }
}

/// The step of the story.
///
/// # Errors
/// The system's, on the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    add_inside::two(stage, Primitive::SemaphoreInFile)
}
