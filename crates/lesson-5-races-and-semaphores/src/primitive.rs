//! The primitives of this lesson by name: `cargo lesson-5 hold NAME FILE`.

use std::fmt;
use std::path::{Path, PathBuf};

use common::clap::{self, ValueEnum};
use common::{Failure, Result, Scratch};

use crate::Exclusion;
use crate::flock::Flock;
use crate::named_semaphore::NamedSemaphore;
use crate::ofd_locks::OfdLocks;
use crate::record_locks::RecordLocks;
use crate::robust_mutex::RobustMutex;
use crate::semaphore_in_file::SemaphoreInFile;

/// What lets one in at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Primitive {
    /// A semaphore in the mapped file.
    SemaphoreInFile,
    /// A semaphore with a name; the place is that name, and it must exist.
    #[value(hide = true)]
    NamedSemaphore,
    /// A record lock (`fcntl`, `F_SETLKW`) on the whole file.
    RecordLock,
    /// An open file description lock (`fcntl`, `F_OFD_SETLKW`) on the whole file.
    OfdLock,
    /// `flock`.
    Flock,
    /// A robust, process-shared mutex in the mapped file.
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

    /// Whether the place is a file, and not a name.
    pub fn is_in_a_file(self) -> bool {
        self != Self::NamedSemaphore
    }

    /// Whether opening it makes the file and its contents.
    pub fn makes_its_file(self) -> bool {
        matches!(self, Self::SemaphoreInFile | Self::RobustMutex)
    }

    /// Whether it is a lock on the file itself, whatever is in it.
    pub fn locks_its_file(self) -> bool {
        matches!(self, Self::RecordLock | Self::OfdLock | Self::Flock)
    }

    /// The system call in which one who finds it busy sleeps.
    pub fn waits_in(self) -> libc::c_long {
        match self {
            Self::SemaphoreInFile | Self::NamedSemaphore | Self::RobustMutex => libc::SYS_futex,
            Self::RecordLock | Self::OfdLock => libc::SYS_fcntl,
            Self::Flock => libc::SYS_flock,
        }
    }

    /// A place of the run's own for it to be, named after `purpose`, and swept with the run.
    ///
    /// # Errors
    /// The system's, on the step that failed.
    pub fn new_place(self, scratch: &Scratch, purpose: &str) -> Result<PathBuf> {
        if self.is_in_a_file() {
            return Ok(scratch.path().join(format!("{purpose}-{self}")));
        }
        let name = scratch.object(purpose);
        NamedSemaphore::open(&name)?;
        Ok(name.into())
    }

    /// Opens the one at `place`.
    ///
    /// # Errors
    /// The system's, on the step that failed; a place that holds something else.
    pub fn open(self, place: &Path) -> Result<Box<dyn Exclusion>> {
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

/// Refuses what `open` may wait for, or what is no file: a lock on it would help nobody.
fn lockable(place: &Path) -> Result<&Path> {
    match std::fs::metadata(place) {
        Ok(metadata) if !metadata.is_file() => {
            Err(Failure::refusal("open", place, "not a regular file"))
        }
        _ => Ok(place), // A missing one is made.
    }
}

impl fmt::Display for Primitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
