//! The kinds of lock in this lesson, by name, and what every one of them can do. So the crash matrix
//! can try all of them, and `cargo lesson-5 hold NAME FILE` can take any.

use std::path::{Path, PathBuf};
use std::{fmt, io};

use common::clap::{self, ValueEnum};
use common::{Failure, Result, Scratch};

use crate::flock::Flock;
use crate::named_semaphore::NamedSemaphore;
use crate::ofd_locks::OfdLocks;
use crate::plain_mutex::PlainMutex;
use crate::record_locks::RecordLocks;
use crate::robust_mutex::RobustMutex;
use crate::semaphore_in_file::SemaphoreInFile;

/// How an attempt to lock ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The caller holds the lock.
    Locked,
    /// The caller holds the lock, and the last owner died while it held the lock.
    OwnerDied,
    /// Another process holds the lock.
    Busy,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Locked => "locked",
            Self::OwnerDied => "owner died",
            Self::Busy => "busy",
        })
    }
}

/// A lock that one process at a time can hold.
pub trait Lock {
    /// Waits until the caller holds the lock.
    ///
    /// # Errors
    /// Those of the system call or of the C library.
    fn lock(&mut self) -> io::Result<Attempt>;

    /// Locks if no other process holds the lock; never waits.
    ///
    /// # Errors
    /// As [`lock`](Self::lock); a busy lock is not an error.
    fn try_lock(&mut self) -> io::Result<Attempt>;

    /// Gives the lock back.
    ///
    /// # Errors
    /// As [`lock`](Self::lock).
    fn unlock(&mut self) -> io::Result<()>;
}

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
    /// An OFD lock on the whole file (`fcntl`, `F_OFD_SETLKW`): the owner is the open file description.
    OfdLock,
    /// `flock` on the whole file: the owner is the open file description.
    Flock,
    /// A process-shared mutex in the mapped file, not robust: the next process waits for ever.
    PlainMutex,
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
        Self::PlainMutex,
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
            Self::PlainMutex => "plain-mutex",
            Self::RobustMutex => "robust-mutex",
        }
    }

    /// Whether the place is a file and not a name.
    pub fn is_in_a_file(self) -> bool {
        self != Self::NamedSemaphore
    }

    /// Whether opening this lock makes the file and its content.
    pub fn makes_its_file(self) -> bool {
        matches!(self, Self::SemaphoreInFile | Self::PlainMutex | Self::RobustMutex)
    }

    /// Whether this lock is on the file itself and needs no content.
    pub fn locks_its_file(self) -> bool {
        matches!(self, Self::RecordLock | Self::OfdLock | Self::Flock)
    }

    /// The system call in which a process sleeps while another process holds the lock.
    pub fn waits_in(self) -> libc::c_long {
        match self {
            Self::SemaphoreInFile | Self::NamedSemaphore | Self::PlainMutex | Self::RobustMutex => {
                libc::SYS_futex
            }
            Self::RecordLock | Self::OfdLock => libc::SYS_fcntl,
            Self::Flock => libc::SYS_flock,
        }
    }

    /// A new place for a lock of this kind, named after `purpose`; the end of the run removes it.
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
    /// Those of the step that failed. `place` is refused if it holds something else.
    pub fn open(self, place: &Path) -> Result<Box<dyn Lock>> {
        Ok(match self {
            Self::SemaphoreInFile => Box::new(SemaphoreInFile::open(place)?),
            Self::NamedSemaphore => Box::new(NamedSemaphore::open_existing(place)?),
            Self::RecordLock => Box::new(RecordLocks::open(lockable(place)?)?),
            Self::OfdLock => Box::new(OfdLocks::open(lockable(place)?)?),
            Self::Flock => Box::new(Flock::open(lockable(place)?)?),
            Self::PlainMutex => Box::new(PlainMutex::open(place)?),
            Self::RobustMutex => Box::new(RobustMutex::open(place)?),
        })
    }
}

/// Refuses a place that is not a regular file: to lock a FIFO, a directory or a device is of no use here.
fn lockable(place: &Path) -> Result<&Path> {
    match std::fs::metadata(place) {
        Ok(metadata) if !metadata.is_file() => {
            Err(Failure::refusal("open", place, "not a regular file"))
        }
        _ => Ok(place), // `open` creates a missing file.
    }
}

impl fmt::Display for Primitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
