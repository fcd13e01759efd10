//! The two ends of a ring in a file. They close when they are dropped; a killed one does not, and the
//! other end gets an error. `cargo lesson-7` shows both.

use std::io;
use std::path::Path;

use common::Result;

use crate::consumer::Consumer;
use crate::end::End;
use crate::producer::Producer;
use crate::ring_file::{RingFile, Role};

/// The producing end.
pub struct Sending {
    file: RingFile,
    producer: Producer,
}

/// The consuming end.
pub struct Receiving {
    file: RingFile,
    consumer: Consumer,
}

impl Sending {
    /// Attaches to the ring at `path` as its producer.
    ///
    /// # Errors
    /// As [`RingFile::attach`].
    pub fn attach(path: &Path) -> Result<Self> {
        let file = RingFile::attach(path, Role::Producer)?;
        Ok(Self { file, producer: Producer::default() })
    }
}

impl Receiving {
    /// Attaches to the ring at `path` as its consumer.
    ///
    /// # Errors
    /// As [`RingFile::attach`].
    pub fn attach(path: &Path) -> Result<Self> {
        let file = RingFile::attach(path, Role::Consumer)?;
        Ok(Self { file, consumer: Consumer::default() })
    }

    /// The next message, into the start of `message`: its length, or `None` after the last one.
    ///
    /// # Errors
    /// `EOWNERDEAD` if the producer died before it closed, `EMSGSIZE`, `EBADMSG`.
    pub fn next(&mut self, message: &mut [u8]) -> io::Result<Option<usize>> {
        let Self { file, consumer } = self;
        consumer.receive(&file.ring(), message, &mut || file.ask_after_the_other_side())
    }
}

impl End for Sending {
    /// Sleeps while the ring is full. `EPIPE` if the consumer has closed, `EOWNERDEAD` if it died,
    /// `EMSGSIZE`, `EBADMSG`.
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let Self { file, producer } = self;
        producer.send(&file.ring(), message, &mut || file.ask_after_the_other_side())
    }

    fn receive(&mut self, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into()) // One way only.
    }
}

impl End for Receiving {
    fn send(&mut self, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into()) // One way only.
    }

    fn receive(&mut self, message: &mut [u8]) -> io::Result<()> {
        match self.next(message)? {
            Some(length) if length == message.len() => Ok(()),
            Some(_) => Err(io::Error::from_raw_os_error(libc::EBADMSG)),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.producer.close(&self.file.ring());
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        self.consumer.close(&self.file.ring());
    }
}
