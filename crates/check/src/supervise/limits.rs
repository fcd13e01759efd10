//! What one check may use.

use std::time::Duration;

/// The limits of one check, all its processes together.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Processor time.
    pub processor: Duration,
    /// Time by the clock.
    pub wall: Duration,
    /// Private memory, in bytes.
    pub memory: u64,
    /// Allocated bytes in the room, above what was there at the start.
    pub disk: u64,
    /// Processes and threads at a time.
    pub processes: usize,
    /// Bytes kept of each output; the rest is read and thrown away.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            processor: Duration::from_secs(2),
            wall: Duration::from_secs(10),
            memory: 512 << 20,
            disk: 256 << 20,
            processes: 64,
            output: 1 << 20,
        }
    }
}
