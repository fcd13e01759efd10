//! Which processes belong to a run and what they have used: what the tracer and whoever watches the
//! limits both know, behind one lock.

use std::collections::BTreeMap;
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;

use crate::{LimitExceeded, Limits, sys};

/// The processes of one run.
pub struct ProcessTable {
    /// Each with its handle: in a PID namespace, the handle of its first process. A thread that is no
    /// process has none, and dies with its process.
    living: BTreeMap<Pid, Option<OwnedFd>>,
    exceeded: Option<LimitExceeded>,
    /// CPU time of those that have ended.
    processor_before: Duration,
    limits: Limits,
    started: Instant,
}

impl ProcessTable {
    /// An empty table, whose clock starts now.
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            living: BTreeMap::new(),
            exceeded: None,
            processor_before: Duration::ZERO,
            limits,
            started: Instant::now(),
        }
    }

    /// A process or thread is born. One more than the limit ends all of them.
    pub(crate) fn add(&mut self, pid: Pid) {
        self.living.entry(pid).or_insert_with(|| sys::pidfd(pid).ok());
        // A process born into a run that is being killed is killed, too.
        if self.exceeded.is_some() || self.living.len() > self.limits.processes {
            self.end(LimitExceeded::Processes(self.limits.processes));
        }
    }

    /// A process or thread has ended, having used so much CPU time; whether it was in the table.
    pub(crate) fn remove(&mut self, pid: Pid, processor: Duration) -> bool {
        let Some(process) = self.living.remove(&pid) else { return false };
        if process.is_some() {
            self.processor_before += processor;
        }
        true
    }

    /// The first process of the PID namespace below `pid` is the one to kill from now on. Whether it
    /// could be held: not if it has ended, or if all are being killed.
    pub fn hold_namespace(&mut self, pid: Pid, first: Pid) -> bool {
        match sys::pidfd(first) {
            Ok(first) if self.exceeded.is_none() => {
                self.living.insert(pid, Some(first));
                true
            }
            _ => false,
        }
    }

    /// Whether none is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.living.is_empty()
    }

    /// The limit for which all were killed.
    #[must_use]
    pub fn exceeded(&self) -> Option<LimitExceeded> {
        self.exceeded
    }

    /// Kills all for a limit that was exceeded; the first one counts.
    pub fn end(&mut self, limit: LimitExceeded) {
        self.exceeded.get_or_insert(limit);
        self.kill();
    }

    /// Kills all.
    pub(crate) fn kill(&self) {
        self.living.values().flatten().for_each(|process| sys::kill(process.as_fd()));
    }

    /// Kills all if their time, CPU time or memory is above its limit now.
    pub fn enforce(&mut self) {
        let Limits { processor, wall, memory, .. } = self.limits;
        if self.exceeded.is_some() {
            return;
        }
        if self.started.elapsed() > wall {
            self.end(LimitExceeded::Wall(wall));
        } else if self.processor() > processor {
            self.end(LimitExceeded::Processor(processor));
        } else if self.processes().map(memory_of).sum::<u64>() > memory {
            self.end(LimitExceeded::Memory(memory));
        }
    }

    /// The living processes, without their threads.
    pub fn processes(&self) -> impl Iterator<Item = Pid> + '_ {
        self.living.iter().filter(|(_, process)| process.is_some()).map(|(pid, _)| *pid)
    }

    /// CPU time of all, so far.
    fn processor(&self) -> Duration {
        let living: Duration = self.processes().map(processor_of).sum();
        self.processor_before + living
    }
}

fn processor_of(pid: Pid) -> Duration {
    let clock = clock_getcpuclockid(pid).and_then(ClockId::now);
    let spent = clock.map(|time| time.num_nanoseconds()).unwrap_or_default(); // It has just ended.
    Duration::from_nanos(spent.unsigned_abs())
}

/// Private memory and shared memory without a name, in bytes.
fn memory_of(pid: Pid) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let counted = |line: &str| {
        let value = line.strip_prefix("RssAnon:").or_else(|| line.strip_prefix("RssShmem:"))?;
        value.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    status.lines().filter_map(counted).sum::<u64>() << 10
}
