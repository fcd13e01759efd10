//! Waiting for a time, and ending at once when the user says so: `poll` on a signalfd, with a
//! deadline. `cargo lesson-2 measure FILE` and `cargo lesson-2 watch FILE` wait with it.

use std::io;
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// Ctrl-C and a polite kill, as something to wait for instead of something that strikes.
pub struct Interrupts(SignalFd);

impl Interrupts {
    /// From now on SIGINT and SIGTERM end a [`wait`](Self::wait), and nothing else.
    ///
    /// # Errors
    /// `EMFILE`, `ENFILE`, `ENOMEM`.
    pub fn new() -> io::Result<Self> {
        let signals = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM]);
        signals.thread_block()?;
        Ok(Self(SignalFd::with_flags(&signals, SfdFlags::SFD_CLOEXEC)?))
    }

    /// Waits `milliseconds`, or less: whether it is time to end, because the user said so or because
    /// nobody is left who reads standard output.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn wait(&self, milliseconds: u16) -> io::Result<bool> {
        let stdout = io::stdout();
        let mut events = [
            PollFd::new(self.0.as_fd(), PollFlags::POLLIN),
            PollFd::new(stdout.as_fd(), PollFlags::empty()), // POLLERR needs no asking.
        ];
        match poll(&mut events, PollTimeout::from(milliseconds)) {
            Ok(_) => {}
            Err(Errno::EINTR) => return Ok(false), // A stop and a continuation: a shorter wait.
            Err(error) => return Err(error.into()),
        }
        let closed = PollFlags::POLLERR | PollFlags::POLLHUP;
        let [told, output] = events.map(|event| event.revents().unwrap_or(PollFlags::empty()));
        Ok(told.contains(PollFlags::POLLIN) || output.intersects(closed))
    }
}
