//! What every kind of IPC has in common in this lesson: an endpoint that sends and receives messages.
//! `cargo lesson-7` measures all of them through this trait.

use std::io;

use common::clap::{self, ValueEnum};

/// What an endpoint does while there is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Wait {
    /// Checks again at once and keeps its CPU busy.
    Spin,
    /// Sleeps in the kernel, which gives the CPU to another process.
    Block,
}

impl Wait {
    /// Its name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        if self == Self::Spin { "spin" } else { "block" }
    }
}

/// One of the two endpoints of a channel.
pub trait Endpoint {
    /// Sends the whole `message`.
    ///
    /// # Errors
    /// The system's; `TimedOut` when it spins.
    fn send(&mut self, message: &[u8]) -> io::Result<()>;

    /// Receives the next message, which must be as long as `message`.
    ///
    /// # Errors
    /// The system's; `TimedOut` when it spins, or through memory or a queue;
    /// `UnexpectedEof` if the other endpoint has closed.
    fn receive(&mut self, message: &mut [u8]) -> io::Result<()>;
}
