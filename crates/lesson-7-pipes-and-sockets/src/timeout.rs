//! Limits spinning, and waiting for a message. A pipe reports that the other process has died; memory, a futex and a message
//! queue don't, so a process that waits for one of them gives up after a while.

use std::io;
use std::time::{Duration, Instant};

/// Far longer than any answer takes.
pub const TIMEOUT: Duration = Duration::from_mins(1);
/// Checks of a word between two readings of the clock, which is slower than a check.
const CHECKS: u32 = 1 << 14;

/// Measures how long a wait has lasted.
#[derive(Default)]
pub struct Timeout {
    checks: u32,
    since: Option<Instant>,
}

impl Timeout {
    /// Call this between two checks of a word: it lets the CPU pause for some cycles.
    ///
    /// # Errors
    /// `TimedOut` after [`TIMEOUT`].
    pub fn spin(&mut self) -> io::Result<()> {
        std::hint::spin_loop();
        self.checks += 1;
        if self.checks < CHECKS {
            return Ok(());
        }
        self.checks = 0;
        self.check()
    }

    /// Call this when a sleep has ended and nothing has changed.
    ///
    /// # Errors
    /// `TimedOut` after [`TIMEOUT`].
    pub fn check(&mut self) -> io::Result<()> {
        match self.since.get_or_insert_with(Instant::now).elapsed() {
            waited if waited > TIMEOUT => Err(io::ErrorKind::TimedOut.into()),
            _ => Ok(()),
        }
    }
}
