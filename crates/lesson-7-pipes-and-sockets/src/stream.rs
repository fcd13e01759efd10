//! Pipes and stream sockets carry bytes without boundaries, so one message may take several calls, and
//! one call may take several messages. `cargo lesson-7` sends through both.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::endpoint::{Endpoint, Wait};
use crate::timeout::Timeout;

/// An endpoint: a descriptor to read from and a descriptor to write to. For a socket both are the same
/// socket.
pub struct Stream {
    from: File,
    to: File,
}

impl Stream {
    /// Makes an endpoint of two descriptors. With [`Wait::Spin`] they get `O_NONBLOCK`, so that no call
    /// sleeps in the kernel.
    ///
    /// # Errors
    /// `fcntl`'s own.
    pub fn new(from: OwnedFd, to: OwnedFd, wait: Wait) -> io::Result<Self> {
        for fd in [&from, &to] {
            let flags = OFlag::from_bits_retain(fcntl(fd, FcntlArg::F_GETFL)?);
            let flags = match wait {
                Wait::Spin => flags | OFlag::O_NONBLOCK,
                Wait::Block => flags - OFlag::O_NONBLOCK,
            };
            fcntl(fd, FcntlArg::F_SETFL(flags))?;
        }
        Ok(Self { from: from.into(), to: to.into() })
    }
}

impl Endpoint for Stream {
    fn send(&mut self, mut message: &[u8]) -> io::Result<()> {
        let mut timeout = Timeout::default();
        while !message.is_empty() {
            match self.to.write(message) {
                Ok(written) => message = &message[written..],
                Err(full) if full.kind() == ErrorKind::WouldBlock => timeout.spin()?,
                Err(signal) if signal.kind() == ErrorKind::Interrupted => {}
                Err(refused) => return Err(refused),
            }
        }
        Ok(())
    }

    fn receive(&mut self, mut message: &mut [u8]) -> io::Result<()> {
        let mut timeout = Timeout::default();
        while !message.is_empty() {
            match self.from.read(message) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => message = &mut message[read..],
                Err(empty) if empty.kind() == ErrorKind::WouldBlock => timeout.spin()?,
                Err(signal) if signal.kind() == ErrorKind::Interrupted => {}
                Err(refused) => return Err(refused),
            }
        }
        Ok(())
    }
}
