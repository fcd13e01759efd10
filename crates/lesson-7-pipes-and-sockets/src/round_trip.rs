//! Round trips: a message there, another one back, every byte of both verified, and each timed by
//! itself. `cargo lesson-7` shows a few, `cargo bench-ipc` measures many.

use std::io;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Instant;

use common::{Context, Result};

use crate::end::End;
use crate::message;
use crate::transport::{Transport, Way};

/// Bytes of each message: what fits beside its number in a cache line.
pub const BYTES: usize = crate::mailbox::ROOM;

/// The one who sends first. Dropped, it ends the other one.
pub struct Traveller {
    way: Way,
    end: Box<dyn End>,
    process: Child,
    number: u64,
}

/// Bytes that travel this way: bare numbers have no contents.
pub fn bytes(way: Way) -> usize {
    if matches!(way.transport, Transport::CacheLine | Transport::Futex) { 0 } else { BYTES }
}

impl Traveller {
    /// Starts the second process, which must call [`answer`].
    ///
    /// # Errors
    /// As [`Way::first_end`].
    pub fn start(way: Way, place: &Path, second: &mut Command) -> Result<Self> {
        let (end, process) = way.first_end(place, bytes(way), second)?;
        Ok(Self { way, end, process, number: 0 })
    }

    /// As many round trips as there is room for times, in nanoseconds. The clock is read once for
    /// each, so that one reading is part of each time.
    ///
    /// # Errors
    /// The system's; `EBADMSG` if an answer is not what it should be.
    pub fn travel(&mut self, times: &mut [u64]) -> Result<()> {
        let step = format!("a round trip ({})", self.way.name());
        self.travels(times).step(&step)
    }

    fn travels(&mut self, times: &mut [u64]) -> io::Result<()> {
        let mut buffer = [0; BYTES];
        let message = &mut buffer[..bytes(self.way)];
        let mut last = Instant::now();
        for time in times {
            message::write(self.number, message);
            self.end.send(message)?;
            self.end.receive(message)?;
            message::verify(self.number + 1, message)?;
            self.number += 2;
            let now = Instant::now();
            *time = u64::try_from((now - last).as_nanos()).unwrap_or(u64::MAX);
            last = now;
        }
        Ok(())
    }
}

/// The second process's part: verifies each message and answers it, until the first one has gone.
///
/// # Errors
/// The system's; `EBADMSG` if a message is not what it should be.
pub fn answer(way: Way, place: &Path) -> Result<()> {
    let mut end = way.second_end(place)?;
    let mut buffer = [0; BYTES];
    let message = &mut buffer[..bytes(way)];
    for number in (0..).step_by(2) {
        match end.receive(message) {
            Err(gone) if gone.kind() == io::ErrorKind::UnexpectedEof => break,
            received => received.step("receive")?,
        }
        message::verify(number, message).step("verify")?;
        message::write(number + 1, message);
        end.send(message).step("answer")?;
    }
    Ok(())
}

impl Drop for Traveller {
    fn drop(&mut self) {
        let _ = self.process.kill(); // Memory tells it nothing; a pipe may have told it already.
        let _ = self.process.wait();
    }
}
