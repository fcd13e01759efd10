//! The CPU time of a process, and the part of it that the machine may have needed to hand out memory.

use std::io;
use std::ops::AddAssign;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;

use crate::Stat;
use crate::look::LookRefused;

/// For page faults, a run may use its limit on CPU time so many times more.
const MOST_FOR_MEMORY: u32 = 2;

/// What a process, or several, had of the processors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CpuTime {
    /// All of it.
    pub(crate) in_all: Duration,
    /// The most of it that page faults can have taken.
    pub(crate) for_memory: Duration,
}

impl CpuTime {
    /// That of a process with all its threads. None of a process that has ended and whose parent has waited for it.
    ///
    /// # Errors
    /// As [`look()`](crate::look()).
    pub(crate) fn of(process: Pid) -> io::Result<Self> {
        let in_all = cpu_time_of(process)?.unwrap_or_default();
        let for_memory = Stat::of(process)?.map(|stat| stat.own.for_memory()).unwrap_or_default();
        Ok(Self { in_all, for_memory })
    }

    /// The larger ones of two looks.
    pub(crate) fn max(self, other: Self) -> Self {
        Self {
            in_all: self.in_all.max(other.in_all),
            for_memory: self.for_memory.max(other.for_memory),
        }
    }

    /// The CPU time without page faults. The limit on CPU time bounds what may be left out.
    pub(crate) fn without_memory(self, limit: Duration) -> Duration {
        self.in_all.saturating_sub(self.for_memory.min(limit * MOST_FOR_MEMORY))
    }
}

impl AddAssign for CpuTime {
    fn add_assign(&mut self, other: Self) {
        self.in_all += other.in_all;
        self.for_memory += other.for_memory;
    }
}

/// CPU time of a process with all its threads; `None` if it has ended and its parent has waited for it.
///
/// # Errors
/// The system's.
pub fn cpu_time_of(process: Pid) -> io::Result<Option<Duration>> {
    match clock_getcpuclockid(process).and_then(ClockId::now) {
        Ok(time) => Ok(Some(Duration::from_nanos(time.num_nanoseconds().unsigned_abs()))),
        // There is no process of this number: for nothing else is such a clock refused.
        Err(Errno::EINVAL | Errno::ESRCH) => Ok(None),
        Err(error) => {
            Err(LookRefused::of(format!("the CPU time of process {process}"), error.into()))
        }
    }
}
