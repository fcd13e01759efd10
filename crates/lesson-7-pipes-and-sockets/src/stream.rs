//! Pipes and stream sockets: bytes without boundaries, so a message may take several calls.
//! `cargo lesson-7` sends through both.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::end::{End, Wait};
use crate::patience::Patience;

/// One end: where to read and where to write, which for a socket is the same.
pub struct Stream {
    from: File,
    to: File,
}

impl Stream {
    /// Of two descriptors; one that spins never sleeps in the kernel (`O_NONBLOCK`).
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

impl End for Stream {
    fn send(&mut self, mut message: &[u8]) -> io::Result<()> {
        let mut patience = Patience::default();
        while !message.is_empty() {
            match self.to.write(message) {
                Ok(written) => message = &message[written..],
                Err(full) if full.kind() == ErrorKind::WouldBlock => patience.spin()?,
                Err(signal) if signal.kind() == ErrorKind::Interrupted => {}
                Err(refused) => return Err(refused),
            }
        }
        Ok(())
    }

    fn receive(&mut self, mut message: &mut [u8]) -> io::Result<()> {
        let mut patience = Patience::default();
        while !message.is_empty() {
            match self.from.read(message) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => message = &mut message[read..],
                Err(empty) if empty.kind() == ErrorKind::WouldBlock => patience.spin()?,
                Err(signal) if signal.kind() == ErrorKind::Interrupted => {}
                Err(refused) => return Err(refused),
            }
        }
        Ok(())
    }
}
