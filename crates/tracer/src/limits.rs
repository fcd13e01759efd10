//! What the processes of one run may use, and which limit they exceeded.

use std::fmt;
use std::time::Duration;

/// The limits of one run, all its processes together.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// CPU time.
    pub cpu_time: Duration,
    /// Time by the clock. The smaller one of two times counts: the time since the start without the time for which the
    /// threads and the tracer stood in the queue for a processor, and the time at rest, in which no thread could run.
    pub wall: Duration,
    /// Private memory, in bytes.
    pub memory: u64,
    /// Allocated bytes in the work directory, above what was there at the start.
    pub disk: u64,
    /// Processes and threads at a time.
    pub processes: usize,
    /// Processes and threads in all, one after another.
    pub born: usize,
    /// Bytes kept of each output; the rest is read and thrown away.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_time: Duration::from_secs(2),
            wall: Duration::from_secs(10),
            memory: 512 << 20,
            disk: 256 << 20,
            processes: 64,
            born: 500,
            output: 1 << 20,
        }
    }
}

impl Limits {
    /// The limits of `count` processes that run at once: `count` times the CPU time, and the processes and threads,
    /// that one may use with whatever it starts.
    #[must_use]
    pub fn of_several(self, count: usize) -> Self {
        let times = u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            cpu_time: self.cpu_time.saturating_mul(times),
            processes: self.processes.saturating_mul(count),
            born: self.born.saturating_mul(count),
            ..self
        }
    }

    /// How much longer than `wall` a run may take on a busy machine. After that it is given up: nothing is
    /// known about it.
    pub(crate) fn wall_at_most(&self) -> Duration {
        self.wall * 6
    }
}

/// Which limit was exceeded. All processes were killed for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitExceeded {
    /// It used up its CPU time.
    CpuTime(Duration),
    /// It had not ended after this time.
    Wall(Duration),
    /// All its threads waited in `open` for the other end of a FIFO, and no process was left that could open it.
    Fifo,
    /// It stopped itself, and nobody would ever have continued it.
    Stopped,
    /// It had more private memory than this many bytes.
    Memory(u64),
    /// It had allocated more than this many bytes in its directory.
    Disk(u64),
    /// It had more than so many files in its directory, or directories more than so many deep. How
    /// much disk they took was not counted.
    Files(usize, usize),
    /// It had more than this many processes and threads at a time.
    Processes(usize),
    /// It had started more than this many processes and threads, one after another.
    Born(usize),
}

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CpuTime(limit) => {
                write!(f, "used up {:.1} s of processor time", limit.as_secs_f64())
            }
            Self::Wall(limit) => write!(f, "had not ended after {:.1} s", limit.as_secs_f64()),
            Self::Fifo => write!(
                f,
                "waited in `open` for the other end of a FIFO, and no process was left that could open it"
            ),
            Self::Stopped => write!(f, "stopped itself, and nobody would have continued it"),
            Self::Memory(limit) => write!(f, "took more than {} MiB of memory", limit >> 20),
            Self::Disk(limit) => write!(f, "took more than {} MiB of disk", limit >> 20),
            Self::Files(files, levels) => {
                write!(
                    f,
                    "took more disk than can be counted: over {files} files, or {levels} levels"
                )
            }
            Self::Processes(limit) => write!(f, "started more than {limit} processes and threads"),
            Self::Born(limit) => {
                write!(f, "started more than {limit} processes and threads, one after another")
            }
        }
    }
}
