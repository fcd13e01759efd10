//! Who belongs to a family: what judge and watcher both know of it, behind one lock.

use std::collections::BTreeMap;
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_getcpuclockid};
use nix::unistd::Pid;

use super::output::Source;
use super::{Breach, Limits, Room, sys};

/// What judge and watcher share.
pub(super) struct Members {
    /// Each with its handle, in a namespace that of its first process; a thread that is no process has
    /// none, and dies with its process.
    pub(super) living: BTreeMap<Pid, Option<OwnedFd>>,
    /// Where outputs come from: of which process, and standard output before standard error.
    pub(super) sources: Vec<(Pid, Source)>,
    pub(super) breach: Option<Breach>,
    pub(super) done: bool,
    /// Processor time of those that have ended.
    pub(super) processor_before: Duration,
    limits: Limits,
    room: PathBuf,
    allocated_before: u64,
    started: Instant,
}

impl Members {
    pub(super) fn new(room: &Room, limits: Limits) -> Self {
        Self {
            living: BTreeMap::new(),
            sources: Vec::new(),
            breach: None,
            done: false,
            processor_before: Duration::ZERO,
            limits,
            room: room.path().into(),
            allocated_before: Room::allocated(room.path(), 8),
            started: Instant::now(),
        }
    }

    pub(super) fn add(&mut self, pid: Pid) {
        self.living.entry(pid).or_insert_with(|| sys::pidfd(pid).ok());
        // Who is born into a family that is being killed is killed, too.
        if self.breach.is_some() || self.living.len() > self.limits.processes {
            self.break_off(Breach::Processes(self.limits.processes));
        }
    }

    /// Kills all for a limit that was broken; the first one counts.
    pub(super) fn break_off(&mut self, breach: Breach) {
        self.breach.get_or_insert(breach);
        self.kill();
    }

    pub(super) fn kill(&self) {
        self.living.values().flatten().for_each(|process| sys::kill(process.as_fd()));
    }

    pub(super) fn pump(&mut self) {
        self.sources.iter_mut().for_each(|(_, source)| source.pump());
    }

    /// Whether a limit is broken now.
    pub(super) fn breach_now(&self) -> Option<Breach> {
        let Limits { processor, wall, memory, disk, .. } = self.limits;
        if self.started.elapsed() > wall {
            return Some(Breach::Wall(wall));
        }
        if self.processor() > processor {
            return Some(Breach::Processor(processor));
        }
        let private: u64 = self.processes().map(memory_of).sum();
        if private > memory {
            return Some(Breach::Memory(memory));
        }
        let allocated =
            Room::allocated(&self.room, 8) + self.processes().map(nameless).sum::<u64>();
        (allocated > self.allocated_before + disk).then_some(Breach::Disk(disk))
    }

    /// Processor time of all, so far.
    pub(super) fn processor(&self) -> Duration {
        let living: Duration = self.processes().map(processor_of).sum();
        self.processor_before + living
    }

    fn processes(&self) -> impl Iterator<Item = Pid> + '_ {
        self.living.iter().filter(|(_, process)| process.is_some()).map(|(pid, _)| *pid)
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

/// The allocated bytes of open files that have no name any more.
fn nameless(pid: Pid) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let found = descriptors.take(1024).filter_map(|entry| fs::metadata(entry.path()).ok());
    found.filter(|file| file.is_file() && file.nlink() == 0).map(|file| file.blocks() * 512).sum()
}
