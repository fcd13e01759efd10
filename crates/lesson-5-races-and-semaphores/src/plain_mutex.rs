//! A process-shared mutex in the mapped file that is not robust. The kernel has no list of such mutexes,
//! so it unlocks none of them. `cargo lesson-5` tries it in the crash matrix, and
//! `cargo lesson-5 hold plain-mutex FILE` keeps it locked.

use std::io;
use std::path::Path;

use common::Result;

use crate::initialize_once::{self, OBJECT_OFFSET, ObjectKind};
use crate::sys::{Attributes, Mutex};
use crate::{Attempt, Lock};

/// A mutex that stays locked if its owner dies.
pub struct PlainMutex(Mutex);

impl PlainMutex {
    /// Opens the mutex in `path`; makes it if it is missing.
    ///
    /// # Errors
    /// Those of the step that failed; a file that holds something else.
    pub fn open(path: &Path) -> Result<Self> {
        let page = initialize_once::open(path, ObjectKind::PlainMutex, |page| {
            let attributes = Attributes::new()?;
            attributes.set_shared(libc::PTHREAD_PROCESS_SHARED)?;
            Mutex::in_page(page, OBJECT_OFFSET).init(&attributes)
        })?;
        Ok(Self(Mutex::in_page(&page, OBJECT_OFFSET)))
    }
}

impl Lock for PlainMutex {
    fn lock(&mut self) -> io::Result<Attempt> {
        self.0.lock().map(|_| Attempt::Locked) // Only a robust mutex tells of a death.
    }

    fn try_lock(&mut self) -> io::Result<Attempt> {
        match self.0.try_lock() {
            Err(error) if error.raw_os_error() == Some(libc::EBUSY) => Ok(Attempt::Busy),
            how => how.map(|_| Attempt::Locked),
        }
    }

    fn unlock(&mut self) -> io::Result<()> {
        self.0.unlock()
    }
}
