//! The two endpoints of a ring in a file. Dropping an endpoint closes it. A killed process drops nothing,
//! and the other endpoint gets an error. `cargo lesson-7` shows both.

use std::io;
use std::ops::Range;
use std::path::Path;

use crate::atomics::AtomicU64;
use crate::consumer::Consumer;
use crate::endpoint::Endpoint;
use crate::producer::Producer;
use crate::ring::TryError;
use crate::ring_file::{RingFile, Role};

/// The endpoint of the producer.
pub struct Sender {
    file: RingFile,
    producer: Producer,
}

/// The endpoint of the consumer.
pub struct Receiver {
    file: RingFile,
    consumer: Consumer,
}

impl Sender {
    /// Attaches to the ring at `path` as its producer.
    ///
    /// # Errors
    /// As [`RingFile::attach`].
    pub fn attach(path: &Path) -> common::Result<Self> {
        let file = RingFile::attach(path, Role::Producer)?;
        Ok(Self { file, producer: Producer::default() })
    }

    /// Sends the messages with these numbers, each of `length` bytes. `write` stores each message
    /// directly into its slot.
    ///
    /// # Errors
    /// As `send`.
    pub fn send_in_place(
        &mut self,
        numbers: Range<u64>,
        length: usize,
        mut write: impl FnMut(u64, &[AtomicU64]),
    ) -> io::Result<()> {
        let Self { file, producer } = self;
        let (ring, on_timeout) = (file.ring(), &mut || file.check_peer());
        for number in numbers {
            producer.send_in_place(&ring, length, |words| write(number, words), on_timeout)?;
        }
        Ok(())
    }

    /// Sends `message` if a slot is free.
    ///
    /// # Errors
    /// See [`TryError`].
    pub fn try_send(&mut self, message: &[u8]) -> Result<(), TryError> {
        self.producer.try_send(&self.file.ring(), message)
    }

    /// Checks that the consumer lives, or has not attached yet, or has closed.
    ///
    /// # Errors
    /// `EOWNERDEAD` if it attached, has ended, and did not close.
    pub fn check_peer(&self) -> io::Result<()> {
        self.file.check_peer()
    }
}

impl Receiver {
    /// Attaches to the ring at `path` as its consumer.
    ///
    /// # Errors
    /// As [`RingFile::attach`].
    pub fn attach(path: &Path) -> common::Result<Self> {
        let file = RingFile::attach(path, Role::Consumer)?;
        Ok(Self { file, consumer: Consumer::default() })
    }

    /// Receives the next message into the start of `message`. Returns its length, or `None` after the
    /// last message.
    ///
    /// # Errors
    /// `EOWNERDEAD` if the producer died before it closed, `EMSGSIZE`, `EBADMSG`.
    pub fn next(&mut self, message: &mut [u8]) -> io::Result<Option<usize>> {
        let Self { file, consumer } = self;
        consumer.receive(&file.ring(), message, &mut || file.check_peer())
    }

    /// Receives the messages with these numbers; `read` reads each message directly in its slot.
    ///
    /// # Errors
    /// As [`next`](Self::next); `UnexpectedEof` if the producer closes too early; what `read` returns.
    pub fn read_in_place(
        &mut self,
        numbers: Range<u64>,
        mut read: impl FnMut(u64, &[AtomicU64], usize) -> Result<(), TryError>,
    ) -> io::Result<()> {
        let Self { file, consumer } = self;
        let (ring, on_timeout) = (file.ring(), &mut || file.check_peer());
        for number in numbers {
            let read = |words: &[AtomicU64], length| read(number, words, length);
            let one = consumer.receive_in_place(&ring, read, on_timeout)?;
            one.ok_or(io::ErrorKind::UnexpectedEof)?;
        }
        Ok(())
    }
}

impl Endpoint for Sender {
    /// Sleeps while the ring is full. `EPIPE` if the ring is full and the consumer has closed, `EOWNERDEAD` if it died,
    /// `EMSGSIZE`, `EBADMSG`.
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let Self { file, producer } = self;
        producer.send(&file.ring(), message, &mut || file.check_peer())
    }

    fn receive(&mut self, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into()) // A ring has one direction.
    }
}

impl Endpoint for Receiver {
    fn send(&mut self, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into()) // A ring has one direction.
    }

    fn receive(&mut self, message: &mut [u8]) -> io::Result<()> {
        match self.next(message)? {
            Some(length) if length == message.len() => Ok(()),
            Some(_) => Err(io::Error::from_raw_os_error(libc::EBADMSG)),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.producer.close(&self.file.ring());
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.consumer.close(&self.file.ring());
    }
}
