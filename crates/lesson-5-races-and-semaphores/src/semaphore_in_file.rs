//! A semaphore in the mapped file itself. `cargo lesson-5` adds while it holds the semaphore, and
//! `cargo lesson-5 hold semaphore-in-file FILE` keeps it locked.

use std::io;
use std::path::Path;

use common::{Result, Stage};

use crate::initialize_once::{self, OBJECT_OFFSET, ObjectKind};
use crate::sys::Semaphore;
use crate::{Attempt, Lock, Primitive, add_under_lock};

/// Not 0: the semaphore is for all processes that map it. With 0, `sem_post` wakes no other process.
const PSHARED: libc::c_int = 1;

/// A lock: a semaphore that starts at 1.
pub struct SemaphoreInFile(Semaphore);

impl SemaphoreInFile {
    /// Opens the semaphore in `path`; makes it if it is missing.
    ///
    /// # Errors
    /// Those of the step that failed; a file that holds something else.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, 1)
    }

    /// The same, with another first value.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(path: &Path, value: u32) -> Result<Self> {
        let initialize = |page: &_| Semaphore::in_page(page, OBJECT_OFFSET).init(PSHARED, value);
        let page = initialize_once::open(path, ObjectKind::Semaphore, initialize)?;
        Ok(Self(Semaphore::in_page(&page, OBJECT_OFFSET)))
    }

    /// The semaphore itself.
    pub fn semaphore(&self) -> &Semaphore {
        &self.0
    }
}

impl Lock for SemaphoreInFile {
    fn lock(&mut self) -> io::Result<Attempt> {
        lock(&self.0)
    }

    fn try_lock(&mut self) -> io::Result<Attempt> {
        try_lock(&self.0)
    }

    fn unlock(&mut self) -> io::Result<()> {
        self.0.post()
    }
}

/// Takes 1 from the count; if a signal handler interrupts the wait, waits again.
pub(crate) fn lock(semaphore: &Semaphore) -> io::Result<Attempt> {
    loop {
        match semaphore.wait() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done.map(|()| Attempt::Locked),
        }
    }
}

/// Takes 1 from the count if the count is above 0.
pub(crate) fn try_lock(semaphore: &Semaphore) -> io::Result<Attempt> {
    match semaphore.try_wait() {
        Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => Ok(Attempt::Busy),
        done => done.map(|()| Attempt::Locked),
    }
}

/// The step of the story.
///
/// # Errors
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    add_under_lock::two(stage, Primitive::SemaphoreInFile)
}
