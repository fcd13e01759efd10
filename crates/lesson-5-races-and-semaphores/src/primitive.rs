//! The kinds of lock in this lesson, by name: `cargo lesson-5 hold NAME FILE`.

use std::fmt;
use std::path::{Path, PathBuf};

use common::clap::{self, ValueEnum};
use common::{Failure, Result, Scratch};

use crate::Lock;
use crate::flock::Flock;
use crate::named_semaphore::NamedSemaphore;
use crate::ofd_locks::OfdLocks;
use crate::record_locks::RecordLocks;
use crate::robust_mutex::RobustMutex;
use crate::semaphore_in_file::SemaphoreInFile;

/// The kinds of lock in this lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Primitive {
    /// A semaphore in the mapped file.
    SemaphoreInFile,
    /// A semaphore with a name; the place is that name, which must exist.
    #[value(hide = true)]
    NamedSemaphore,
    /// A record lock on the whole file (`fcntl`, `F_SETLKW`): the owner is the process.
    RecordLock,
    /// An OFD lock on the whole file (`fcntl`, `F_OFD_SETLKW`): the owner is one open of the file.
    OfdLock,
    /// `flock` on the whole file: the owner is one open of the file.
    Flock,
    /// A robust, process-shared mutex in the mapped file: the next process is told of a death.
    RobustMutex,
}

impl Primitive {
    /// All of them, in the order of the lesson.
    pub const ALL: &[Self] = &[
        Self::SemaphoreInFile,
        Self::NamedSemaphore,
        Self::RecordLock,
        Self::OfdLock,
        Self::Flock,
        Self::RobustMutex,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::SemaphoreInFile => "semaphore-in-file",
            Self::NamedSemaphore => "named-semaphore",
            Self::RecordLock => "record-lock",
            Self::OfdLock => "ofd-lock",
            Self::Flock => "flock",
            Self::RobustMutex => "robust-mutex",
        }
    }

    /// Whether the place is a file and not a name.
    pub fn is_in_a_file(self) -> bool {
        self != Self::NamedSemaphore
    }

    /// Whether opening it makes the file and its content.
    pub fn makes_its_file(self) -> bool {
        matches!(self, Self::SemaphoreInFile | Self::RobustMutex)
    }

    /// Whether it is a lock on the file itself, whatever the content.
    pub fn locks_its_file(self) -> bool {
        matches!(self, Self::RecordLock | Self::OfdLock | Self::Flock)
    }

    /// The system call in which a process sleeps that finds it busy.
    pub fn waits_in(self) -> libc::c_long {
        match self {
            Self::SemaphoreInFile | Self::NamedSemaphore | Self::RobustMutex => libc::SYS_futex,
            Self::RecordLock | Self::OfdLock => libc::SYS_fcntl,
            Self::Flock => libc::SYS_flock,
        }
    }

    /// A new place for it, named after `purpose`; the end of the run removes it.
    ///
    /// # Errors
    /// Those of the step that failed.
    pub fn new_place(self, scratch: &Scratch, purpose: &str) -> Result<PathBuf> {
        if self.is_in_a_file() {
            return Ok(scratch.path().join(format!("{purpose}-{self}")));
        }
        let name = scratch.object(purpose);
        NamedSemaphore::open(&name)?;
        Ok(name.into())
    }

    /// Opens the lock at `place`.
    ///
    /// # Errors
    /// Those of the step that failed; a place that holds something else.
    pub fn open(self, place: &Path) -> Result<Box<dyn Lock>> {
        Ok(match self {
            Self::SemaphoreInFile => Box::new(SemaphoreInFile::open(place)?),
            Self::NamedSemaphore => Box::new(NamedSemaphore::open_existing(place)?),
            Self::RecordLock => Box::new(RecordLocks::open(lockable(place)?)?),
            Self::OfdLock => Box::new(OfdLocks::open(lockable(place)?)?),
            Self::Flock => Box::new(Flock::open(lockable(place)?)?),
            Self::RobustMutex => Box::new(RobustMutex::open(place)?),
        })
    }
}

/// Refuses what is not a regular file: `open` could wait, and a lock there would be useless.
fn lockable(place: &Path) -> Result<&Path> {
    match std::fs::metadata(place) {
        Ok(metadata) if !metadata.is_file() => {
            Err(Failure::refusal("open", place, "not a regular file"))
        }
        _ => Ok(place), // A missing file is made.
    }
}

impl fmt::Display for Primitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
