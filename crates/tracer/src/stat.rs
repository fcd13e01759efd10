//! What `/proc/PID/stat` says of a process or thread.

use std::io;
use std::time::Duration;

use nix::unistd::{Pid, SysconfVar, sysconf};

use crate::look::{LookRefused, read_text};

/// The fields that are of use here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// `R`: it runs, or could. `S`: it sleeps. `Z`: it has ended.
    pub state: char,
    /// The kernel's flags, such as PF_EXITING.
    pub(crate) flags: u64,
    /// CPU time of the process, with all its threads.
    pub(crate) processor: Duration,
    /// CPU time of the children that it has waited for, with theirs.
    pub(crate) of_children: Duration,
    /// How many threads it has.
    pub(crate) threads: usize,
    /// When it started. No two processes have this and their number in common.
    pub(crate) started: u64,
}

impl Stat {
    /// Of a process or thread; `None` if it is gone.
    ///
    /// # Errors
    /// As [`look()`](crate::look()).
    pub fn of(pid: Pid) -> io::Result<Option<Self>> {
        let path = format!("/proc/{pid}/stat");
        let Some(text) = read_text(pid, &path)? else { return Ok(None) };
        match Self::parse(&text) {
            Some(found) => Ok(Some(found)),
            None => Err(LookRefused::because(path, format!("it says {text:?}"))),
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        // The name, which comes first, may itself hold parentheses.
        let (_, rest) = text.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        // proc(5) counts the fields from 1; the state is the third.
        let number = |place: usize| fields.get(place - 3)?.parse::<u64>().ok();
        let ticks = sysconf(SysconfVar::CLK_TCK).ok()??.unsigned_abs();
        let time = |own: usize| {
            let sum = number(own)? + number(own + 1)?;
            Some(Duration::from_nanos(sum * (1_000_000_000 / ticks)))
        };
        Some(Self {
            state: fields.first()?.chars().next()?,
            flags: number(9)?,
            processor: time(14)?,
            of_children: time(16)?,
            threads: usize::try_from(number(20)?).ok()?,
            started: number(22)?,
        })
    }

    /// Whether it has ended or is on its way to: it does nothing more of its own.
    pub(crate) fn is_ending(&self) -> bool {
        const PF_EXITING: u64 = 4;
        matches!(self.state, 'Z' | 'X') || self.flags & PF_EXITING != 0
    }
}
