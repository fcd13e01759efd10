//! What every primitive of this lesson can do, so that the crash matrix can try all of them.

use std::{fmt, io};

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
