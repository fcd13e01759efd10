//! How a process ended, and which limit the family broke.

use std::fmt;
use std::time::Duration;

use nix::sys::signal::Signal;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this status.
    Exited(i32),
    /// Of this signal.
    Killed(i32),
}

/// Which limit was broken. All processes were killed for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breach {
    /// It used up its processor time.
    Processor(Duration),
    /// It had not ended after this time.
    Wall(Duration),
    /// It stopped itself, and nobody would ever have continued it.
    Stopped,
    /// It had more private memory than this many bytes.
    Memory(u64),
    /// It had allocated more than this many bytes in its directory.
    Disk(u64),
    /// It had more than this many processes and threads.
    Processes(usize),
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exit status {status}"),
            Self::Killed(number) => match Signal::try_from(*number) {
                Ok(signal) => write!(f, "died of {signal}"),
                Err(_) => write!(f, "died of signal {number}"),
            },
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Processor(limit) => write!(f, "used up {limit:?} of processor time"),
            Self::Wall(limit) => write!(f, "had not ended after {limit:?}"),
            Self::Stopped => write!(f, "stopped itself, and nobody would have continued it"),
            Self::Memory(limit) => write!(f, "took more than {} MiB of memory", limit >> 20),
            Self::Disk(limit) => write!(f, "took more than {} MiB of disk", limit >> 20),
            Self::Processes(limit) => write!(f, "started more than {limit} processes"),
        }
    }
}
