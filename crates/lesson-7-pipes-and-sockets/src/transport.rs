//! The ways that are compared, and how two processes come to share one. `cargo lesson-7` takes each.
//!
//! The second process inherits what it needs, as its standard input and output; of memory it gets the
//! file's path.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::clap::{self, ValueEnum};
use common::{Context, Result};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::unistd::pipe2;

use crate::cache_line::{CacheLine, LINE};
use crate::end::{End, Wait};
use crate::futex_pair::FutexPair;
use crate::mailbox::Mailbox;
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
    /// Bare numbers in two cache lines: what spinning can reach.
    CacheLine,
    /// Bare numbers and a futex: what sleeping can reach.
    Futex,
}

/// A way there and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Way {
    pub transport: Transport,
    pub wait: Wait,
}

use Transport::{CacheLine as Line, Futex, Mapped, Pipe, Queue as Messages, Socket};

impl Way {
    /// All that make sense: bare cache lines cannot sleep, a bare futex does not spin.
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

    /// Starts `second`, this program in a role that calls [`Way::second_end`]; our end, and the process.
    /// Memory is a new file `place`.
    ///
    /// # Errors
    /// Of each step, the system's.
    pub fn first_end(
        self,
        place: &Path,
        bytes: usize,
        second: &mut Command,
    ) -> Result<(Box<dyn End>, Child)> {
        let (end, input, output): (Box<dyn End>, Stdio, Stdio) = match self.transport {
            Line | Mapped | Futex => {
                let file = File::create_new(place).step_on("create", place)?;
                let length = i64::try_from(2 * LINE).unwrap_or(i64::MAX);
                let reserved = nix::fcntl::posix_fallocate(&file, 0, length);
                reserved.step_on("reserve the space of", place)?;
                (self.in_memory(place, true)?, Stdio::null(), Stdio::null())
            }
            Pipe => {
                let (their_input, to) = pipe2(nix::fcntl::OFlag::O_CLOEXEC).step("pipe")?;
                let (from, their_output) = pipe2(nix::fcntl::OFlag::O_CLOEXEC).step("pipe")?;
                let end = Stream::new(from, to, self.wait).step("fcntl")?;
                (Box::new(end), their_input.into(), their_output.into())
            }
            Socket => {
                let (ours, theirs) = socketpair(
                    AddressFamily::Unix,
                    SockType::Stream,
                    None,
                    SockFlag::SOCK_CLOEXEC,
                )
                .step("socketpair")?;
                let again = ours.try_clone().step("dup")?;
                let end = Stream::new(ours, again, self.wait).step("fcntl")?;
                let theirs_again = theirs.try_clone().step("dup")?;
                (Box::new(end), theirs.into(), theirs_again.into())
            }
            Messages => {
                let to = queue::without_a_name(1, bytes, self.wait)?;
                let from = queue::without_a_name(1, bytes, self.wait)?;
                let theirs = |queue: &Queue| queue.0.try_clone().step("dup").map(Stdio::from);
                let (input, output) = (theirs(&to)?, theirs(&from)?);
                (Box::new(Queues { from, to }), input, output)
            }
        };
        let process = second.stdin(input).stdout(output).spawn().step("start the second process")?;
        Ok((end, process))
    }

    /// The second process's end, of what it has inherited.
    ///
    /// # Errors
    /// Of each step, the system's.
    pub fn second_end(self, place: &Path) -> Result<Box<dyn End>> {
        let inherited = |fd: io::Result<OwnedFd>| fd.step("dup");
        let from = inherited(io::stdin().as_fd().try_clone_to_owned())?;
        let to = inherited(io::stdout().as_fd().try_clone_to_owned())?;
        match self.transport {
            Line | Mapped | Futex => self.in_memory(place, false),
            Pipe | Socket => Ok(Box::new(Stream::new(from, to, self.wait).step("fcntl")?)),
            Messages => Ok(Box::new(Queues { from: Queue(from), to: Queue(to) })),
        }
    }

    fn in_memory(self, place: &Path, first: bool) -> Result<Box<dyn End>> {
        let file = File::options().read(true).write(true).open(place).step_on("open", place)?;
        let memory = Shared::of(&file, 2 * LINE).step_on("mmap", place)?;
        Ok(match self.transport {
            Line => Box::new(CacheLine::new(memory, first)),
            Futex => Box::new(FutexPair::new(memory, first)),
            _ => Box::new(Mailbox::new(memory, self.wait, first)),
        })
    }
}

impl Transport {
    /// Its name, as on the command line and in JSON.
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
