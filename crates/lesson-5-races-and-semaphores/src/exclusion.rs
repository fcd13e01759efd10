//! What every primitive of this lesson offers, so that one matrix can put all of them to the test.

use std::io;

/// How an attempt to enter ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The caller is in.
    Entered,
    /// The caller is in, and was told that the one before died inside.
    EnteredAfterDeath,
    /// Somebody else is in.
    Busy,
}

/// Something that lets one in at a time.
pub trait Exclusion {
    /// Waits until the caller is in.
    ///
    /// # Errors
    /// The system call's or the C library's own.
    fn enter(&mut self) -> io::Result<Attempt>;

    /// Enters if nobody is in; never waits.
    ///
    /// # Errors
    /// As [`enter`](Self::enter); that somebody is in is no error.
    fn try_enter(&mut self) -> io::Result<Attempt>;

    /// Lets the next one in.
    ///
    /// # Errors
    /// As [`enter`](Self::enter).
    fn leave(&mut self) -> io::Result<()>;
}
