//! What all kinds of IPC have in common here: one of two ends, a message there, a message back.
//! `cargo lesson-7` measures them all by it.

use std::io;

use common::clap::{self, ValueEnum};

/// What one does while there is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Wait {
    /// Looks again at once: the CPU is ours, and busy.
    Spin,
    /// Sleeps: the kernel gives the CPU to somebody else.
    Block,
}

impl Wait {
    /// Its name, as on the command line and in JSON.
    pub fn name(self) -> &'static str {
        if self == Self::Spin { "spin" } else { "block" }
    }
}

/// One of the two ends of a way for messages.
pub trait End {
    /// Sends `message` whole.
    ///
    /// # Errors
    /// The system's; `TimedOut` where nothing tells that the other end is gone.
    fn send(&mut self, message: &[u8]) -> io::Result<()>;

    /// Receives the next message, of as many bytes as `message` has.
    ///
    /// # Errors
    /// As [`send`](End::send); `UnexpectedEof` if the other end has closed.
    fn receive(&mut self, message: &mut [u8]) -> io::Result<()>;
}
