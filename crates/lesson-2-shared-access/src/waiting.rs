//! Waits for a time, or until the user ends the program: `poll` on a signalfd, with a timeout.
//! `cargo lesson-2 measure FILE` and `cargo lesson-2 watch FILE` wait with it.

use std::io;
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// SIGINT (Ctrl-C) and SIGTERM, as events to wait for. They no longer end the process by themselves.
pub struct Interrupts(SignalFd);

impl Interrupts {
    /// From now on SIGINT and SIGTERM end a [`wait`](Self::wait) instead of the process.
    ///
    /// # Errors
    /// `EMFILE`, `ENFILE`, `ENOMEM`.
    pub fn new() -> io::Result<Self> {
        let signals = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM]);
        signals.thread_block()?;
        Ok(Self(SignalFd::with_flags(&signals, SfdFlags::SFD_CLOEXEC)?))
    }

    /// Waits `milliseconds`, or less. Returns `true` if the program should end: a signal has come, or
    /// no process reads standard output any more.
    ///
    /// # Errors
    /// `ENOMEM`.
    pub fn wait(&self, milliseconds: u16) -> io::Result<bool> {
        let stdout = io::stdout();
        let mut events = [
            PollFd::new(self.0.as_fd(), PollFlags::POLLIN),
            PollFd::new(stdout.as_fd(), PollFlags::empty()), // The kernel reports POLLERR unasked.
        ];
        match poll(&mut events, PollTimeout::from(milliseconds)) {
            Ok(_) => {}
            Err(Errno::EINTR) => return Ok(false), // A shorter wait.
            Err(error) => return Err(error.into()),
        }
        let closed = PollFlags::POLLERR | PollFlags::POLLHUP;
        let [told, output] = events.map(|event| event.revents().unwrap_or(PollFlags::empty()));
        Ok(told.contains(PollFlags::POLLIN) || output.intersects(closed))
    }
}
