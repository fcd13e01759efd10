//! What an execution cannot follow: then it says so, and nothing about the program.

use std::error::Error;
use std::{fmt, io};

/// The program did something after which its stores cannot be shown one by one.
#[derive(Debug)]
pub struct CannotFollow(String);

impl CannotFollow {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl fmt::Display for CannotFollow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: its stores cannot be made one by one", self.0)
    }
}

impl Error for CannotFollow {}

impl From<CannotFollow> for tracer::Error {
    fn from(error: CannotFollow) -> Self {
        Self::System(io::Error::other(error))
    }
}
