//! The channels that are compared, and how two processes come to share one. `cargo lesson-7` uses each.
//!
//! The second process inherits descriptors as its standard input and output. For shared memory it gets
//! the path of the file.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::clap::{self, ValueEnum};
use common::{Context, Result};
use nix::fcntl::OFlag;
use nix::sys::socket::{SockFlag, SockType};

use crate::endpoint::{Endpoint, Wait};
use crate::mailbox::{LINE, Mailbox};
use crate::process::{pipe, socket_pair};
use crate::queue::{self, Queues};
use crate::stream::Stream;
use crate::sys::{Queue, Shared};

/// A kind of IPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    /// A message beside its number in a cache line of a mapped file.
    Mapped,
    /// Two pipes.
    Pipe,
    /// A pair of Unix stream sockets.
    Socket,
    /// Two POSIX message queues.
    Queue,
    /// Two cache lines that carry numbers and no message: the fastest that spinning can be.
    CacheLine,
    /// Two futex words that carry numbers and no message: sleeping and waking alone.
    Futex,
}

/// A way to send messages in both directions: a kind of IPC, and what a waiting process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Channel {
    pub transport: Transport,
    pub wait: Wait,
}

use Transport::{CacheLine as Line, Futex, Mapped, Pipe, Queue as Messages, Socket};

impl Channel {
    /// All combinations that make sense.
    pub const ALL: [Self; 10] = [
        Self { transport: Line, wait: Wait::Spin },
        Self { transport: Mapped, wait: Wait::Spin },
        Self { transport: Pipe, wait: Wait::Spin },
        Self { transport: Socket, wait: Wait::Spin },
        Self { transport: Messages, wait: Wait::Spin },
        Self { transport: Futex, wait: Wait::Block },
        Self { transport: Mapped, wait: Wait::Block },
        Self { transport: Pipe, wait: Wait::Block },
        Self { transport: Socket, wait: Wait::Block },
        Self { transport: Messages, wait: Wait::Block },
    ];

    /// Its name in a table: `mapped, spin`.
    pub fn name(self) -> String {
        format!("{}, {}", self.transport.name(), self.wait.name())
    }

    /// Starts `second`, this program in a role that calls [`Channel::second_endpoint`]. Returns our
    /// endpoint and the process. Shared memory is a new file at `place`.
    ///
    /// # Errors
    /// Of each step, the system's.
    pub fn first_endpoint(
        self,
        place: &Path,
        bytes: usize,
        second: &mut Command,
    ) -> Result<(Box<dyn Endpoint>, Child)> {
        let (end, input, output): (Box<dyn Endpoint>, Stdio, Stdio) = match self.transport {
            Line | Mapped | Futex => {
                let file = File::create_new(place).step_on("create", place)?;
                let length = i64::try_from(2 * LINE).unwrap_or(i64::MAX);
                let reserved = nix::fcntl::posix_fallocate(&file, 0, length);
                reserved.step_on("reserve the space of", place)?;
                (self.in_memory(place, true)?, Stdio::null(), Stdio::null())
            }
            Pipe => {
                let (their_input, to) = pipe(OFlag::empty())?;
                let (from, their_output) = pipe(OFlag::empty())?;
                let end = Stream::new(from, to, self.wait).step("fcntl")?;
                (Box::new(end), their_input.into(), their_output.into())
            }
            Socket => {
                let (ours, theirs) = socket_pair(SockType::Stream, SockFlag::empty())?;
                let again = ours.try_clone().step("dup")?;
                let end = Stream::new(ours, again, self.wait).step("fcntl")?;
                let theirs_again = theirs.try_clone().step("dup")?;
                (Box::new(end), theirs.into(), theirs_again.into())
            }
            Messages => {
                let to = queue::unnamed(1, bytes, self.wait)?;
                let from = queue::unnamed(1, bytes, self.wait)?;
                let theirs =
                    |queue: &Queue| queue.as_fd().try_clone_to_owned().step("dup").map(Stdio::from);
                let (input, output) = (theirs(&to)?, theirs(&from)?);
                (Box::new(Queues { from, to }), input, output)
            }
        };
        let process =
            second.stdin(input).stdout(output).spawn().step("start the second process")?;
        Ok((end, process))
    }

    /// The second process's endpoint, made of what the process has inherited.
    ///
    /// # Errors
    /// Of each step, the system's.
    pub fn second_endpoint(self, place: &Path) -> Result<Box<dyn Endpoint>> {
        let inherited = |fd: io::Result<OwnedFd>| fd.step("dup");
        let from = inherited(io::stdin().as_fd().try_clone_to_owned())?;
        let to = inherited(io::stdout().as_fd().try_clone_to_owned())?;
        match self.transport {
            Line | Mapped | Futex => self.in_memory(place, false),
            Pipe | Socket => Ok(Box::new(Stream::new(from, to, self.wait).step("fcntl")?)),
            Messages => Ok(Box::new(Queues { from: from.into(), to: to.into() })),
        }
    }

    fn in_memory(self, place: &Path, first: bool) -> Result<Box<dyn Endpoint>> {
        let file = File::options().read(true).write(true).open(place).step_on("open", place)?;
        let memory = Shared::of(&file, 2 * LINE).step_on("mmap", place)?;
        Ok(Box::new(Mailbox::new(memory, self.wait, first)))
    }
}

impl Transport {
    /// Its name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Mapped => "mapped",
            Pipe => "pipe",
            Socket => "socket",
            Messages => "queue",
            Line => "cache-line",
            Futex => "futex",
        }
    }
}
