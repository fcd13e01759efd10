//! An end to every wait. A pipe tells that the other end is gone; memory, a futex and a message queue
//! tell nothing, so who waits on them gives up at some time. `cargo lesson-7` never gets there.

use std::io;
use std::time::{Duration, Instant};

/// Far above what any answer takes.
pub const LONG: Duration = Duration::from_secs(10);
/// Looks between two looks at the clock, which costs more than they do.
const LOOKS: u32 = 1 << 14;

/// How long somebody has waited.
#[derive(Default)]
pub struct Patience {
    looks: u32,
    since: Option<Instant>,
}

impl Patience {
    /// Between two looks at what does not change: lets the CPU rest for some cycles.
    ///
    /// # Errors
    /// `TimedOut` after [`LONG`].
    pub fn spin(&mut self) -> io::Result<()> {
        std::hint::spin_loop();
        self.looks += 1;
        if self.looks < LOOKS {
            return Ok(());
        }
        self.looks = 0;
        self.check()
    }

    /// Once more nothing has happened.
    ///
    /// # Errors
    /// `TimedOut` after [`LONG`].
    pub fn check(&mut self) -> io::Result<()> {
        match self.since.get_or_insert_with(Instant::now).elapsed() {
            waited if waited > LONG => Err(io::ErrorKind::TimedOut.into()),
            _ => Ok(()),
        }
    }
}
