//! Round trips: a message there, an answer back. Every byte of both is verified, and each round trip is
//! timed on its own. `cargo lesson-7` shows a few, `cargo bench-ipc` measures many.

use std::io;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Instant;

use common::{Context, Result};

use crate::channel::{Channel, Transport};
use crate::endpoint::Endpoint;
use crate::message;

/// Bytes of each message: as many as fit into a cache line beside its number.
pub const BYTES: usize = crate::mailbox::CAPACITY;

/// The process that sends first. Dropping this ends the other process.
pub struct PingPong {
    channel: Channel,
    endpoint: Box<dyn Endpoint>,
    process: Child,
    number: u64,
}

/// Bytes of a message in this channel. A cache line or a futex carries numbers only.
pub fn bytes(channel: Channel) -> usize {
    if matches!(channel.transport, Transport::CacheLine | Transport::Futex) { 0 } else { BYTES }
}

impl PingPong {
    /// Starts the second process, which must call [`answer`].
    ///
    /// # Errors
    /// As [`Channel::first_endpoint`].
    pub fn start(channel: Channel, place: &Path, second: &mut Command) -> Result<Self> {
        let (endpoint, process) = channel.first_endpoint(place, bytes(channel), second)?;
        Ok(Self { channel, endpoint, process, number: 0 })
    }

    /// Makes one round trip for each element of `times`, and stores how many nanoseconds it took. The
    /// clock is read once a round trip, so each time includes one reading of the clock.
    ///
    /// # Errors
    /// The system's; `EBADMSG` if an answer has wrong contents.
    pub fn run(&mut self, times: &mut [u64]) -> Result<()> {
        let step = format!("a round trip ({})", self.channel.name());
        self.try_run(times).step(&step)
    }

    fn try_run(&mut self, times: &mut [u64]) -> io::Result<()> {
        let mut buffer = [0; BYTES];
        let message = &mut buffer[..bytes(self.channel)];
        let mut last = Instant::now();
        for time in times {
            message::write(self.number, message);
            self.endpoint.send(message)?;
            self.endpoint.receive(message)?;
            message::verify(self.number + 1, message)?;
            self.number += 2;
            let now = Instant::now();
            *time = u64::try_from((now - last).as_nanos()).unwrap_or(u64::MAX);
            last = now;
        }
        Ok(())
    }
}

/// The second process's part: verifies each message and answers it, until the first process has gone.
///
/// # Errors
/// The system's; `EBADMSG` if a message has wrong contents.
pub fn answer(channel: Channel, place: &Path) -> Result<()> {
    let mut endpoint = channel.second_endpoint(place)?;
    let mut buffer = [0; BYTES];
    let message = &mut buffer[..bytes(channel)];
    for number in (0..).step_by(2) {
        match endpoint.receive(message) {
            Err(gone) if gone.kind() == io::ErrorKind::UnexpectedEof => break,
            received => received.step("receive")?,
        }
        message::verify(number, message).step("verify")?;
        message::write(number + 1, message);
        endpoint.send(message).step("answer")?;
    }
    Ok(())
}

impl Drop for PingPong {
    fn drop(&mut self) {
        let _ = self.process.kill(); // It may have ended already, when its pipe closed.
        let _ = self.process.wait();
    }
}
