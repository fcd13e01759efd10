//! Which processes belong to a run and what they have used: what the tracer and whoever watches the
//! limits both know, behind one lock.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;

use crate::look::{look, read_text};
use crate::{LimitExceeded, Limits, sys};

/// The processes of one run.
pub struct ProcessTable {
    /// Each with its handle: in a PID namespace, the handle of its first process. A thread that is no
    /// process has none, and dies with its process.
    living: BTreeMap<Pid, Option<OwnedFd>>,
    exceeded: Option<LimitExceeded>,
    /// Why a process could not be held, if the system refused it.
    refused: Option<io::Error>,
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
            refused: None,
            processor_before: Duration::ZERO,
            limits,
            started: Instant::now(),
        }
    }

    /// A process or thread is born. One more than the limit ends all of them.
    pub(crate) fn add(&mut self, pid: Pid) {
        self.living.entry(pid).or_insert_with(|| match sys::pidfd(pid) {
            Ok(process) => Some(process),
            Err(error) => {
                // Of a thread that is no process, or of a process that has ended, there is no handle.
                let none = [libc::EINVAL, libc::ENOENT, libc::ESRCH].map(Some);
                if !none.contains(&error.raw_os_error()) {
                    self.refused = Some(error);
                }
                None
            }
        });
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
    ///
    /// # Errors
    /// The system refuses to show or to hold a process that lives: how much it uses is not known.
    pub fn enforce(&mut self) -> io::Result<()> {
        let Limits { processor, wall, memory, .. } = self.limits;
        if let Some(error) = self.refused.take() {
            return Err(error);
        }
        if self.exceeded.is_some() {
            return Ok(());
        }
        if self.started.elapsed() > wall {
            self.end(LimitExceeded::Wall(wall));
        } else if self.processor()? > processor {
            self.end(LimitExceeded::Processor(processor));
        } else if self.processes().map(memory_of).sum::<io::Result<u64>>()? > memory {
            self.end(LimitExceeded::Memory(memory));
        }
        Ok(())
    }

    /// The living processes, without their threads.
    pub fn processes(&self) -> impl Iterator<Item = Pid> + '_ {
        self.living.iter().filter(|(_, process)| process.is_some()).map(|(pid, _)| *pid)
    }

    /// CPU time of all, so far.
    fn processor(&self) -> io::Result<Duration> {
        let living: Duration = self.processes().map(processor_of).sum::<io::Result<_>>()?;
        Ok(self.processor_before + living)
    }
}

/// CPU time of a process; none of one that has just ended.
fn processor_of(pid: Pid) -> io::Result<Duration> {
    let time = clock_getcpuclockid(pid).and_then(ClockId::now).map_err(io::Error::from);
    let spent = look(pid, format!("the CPU time of process {pid}"), time)?;
    Ok(spent
        .map_or(Duration::ZERO, |time| Duration::from_nanos(time.num_nanoseconds().unsigned_abs())))
}

/// Private memory and shared memory without a name, in bytes; none of a process that has just ended.
fn memory_of(pid: Pid) -> io::Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = read_text(pid, &path)?.unwrap_or_default();
    let counted = |line: &str| {
        let value = line.strip_prefix("RssAnon:").or_else(|| line.strip_prefix("RssShmem:"))?;
        value.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    Ok(status.lines().filter_map(counted).sum::<u64>() << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_process_uses_memory_and_cpu_time_and_an_ended_one_none() {
        let me = nix::unistd::getpid();
        assert!(memory_of(me).unwrap() > 0);
        assert!(processor_of(me).unwrap() > Duration::ZERO);
        let mut child = std::process::Command::new("/bin/true").spawn().unwrap();
        let ended = Pid::from_raw(child.id().cast_signed());
        child.wait().unwrap();
        assert_eq!(memory_of(ended).unwrap(), 0);
        assert_eq!(processor_of(ended).unwrap(), Duration::ZERO);
    }
}
