//! The machine that measured, in its own words: figures without it are worth nothing.

use std::fs;
use std::path::Path;
use std::time::Instant;

use common::{Context, Result};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use serde::Serialize;

/// What a figure depends on.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// `model name` in /proc/cpuinfo.
    pub cpu: String,
    /// CPUs that this process may use.
    pub cpus: usize,
    /// Whether the machine is itself a program on another (the flag `hypervisor`).
    pub virtual_machine: bool,
    /// /proc/sys/kernel/osrelease.
    pub kernel: String,
    /// The file system below the measurement's files.
    pub file_system: &'static str,
    /// Bytes in a page.
    pub page_bytes: usize,
    /// Processes that wanted to run in the last minute, on average.
    pub load: f64,
    /// What asking for the time costs: it is part of every latency that was timed alone.
    pub clock_ns: f64,
}

impl Machine {
    /// This machine, with files at `path`.
    ///
    /// # Errors
    /// If /proc is not there.
    pub fn at(path: &Path) -> Result<Self> {
        let cpuinfo = proc("/proc/cpuinfo")?;
        let line = |name: &str| cpuinfo.lines().find(|line| line.starts_with(name));
        let value =
            |name| line(name).and_then(|line| line.split_once(": ")).map(|(_, value)| value);
        let load = proc("/proc/loadavg")?;
        Ok(Self {
            cpu: value("model name").unwrap_or("a CPU without a name").trim().into(),
            cpus: cores()?.len(),
            virtual_machine: value("flags").is_some_and(|flags| flags.contains(" hypervisor")),
            kernel: proc("/proc/sys/kernel/osrelease")?.trim().into(),
            file_system: common::file_system(path)?,
            page_bytes: common::page_size(),
            load: load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(f64::NAN),
            clock_ns: clock(),
        })
    }

    /// The machine in one line.
    pub fn sentence(&self) -> String {
        let kind = if self.virtual_machine { "virtual " } else { "" };
        format!(
            "{}, {} {kind}CPUs, Linux {}, {}, {}-byte pages, load {}; asking for the time {:.0} ns",
            self.cpu,
            self.cpus,
            self.kernel,
            self.file_system,
            self.page_bytes,
            self.load,
            self.clock_ns
        )
    }
}

/// The numbers of the CPUs that this process may use.
///
/// # Errors
/// `sched_getaffinity`'s own.
pub fn cores() -> Result<Vec<usize>> {
    let set = sched_getaffinity(Pid::from_raw(0)).step("sched_getaffinity")?;
    Ok((0..CpuSet::count()).filter(|cpu| set.is_set(*cpu).unwrap_or(false)).collect())
}

/// Keeps this thread on one CPU.
///
/// # Errors
/// `EINVAL` if the process may not use it.
pub fn pin(cpu: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu).step("choose a CPU")?;
    sched_setaffinity(Pid::from_raw(0), &set).step("sched_setaffinity")
}

fn proc(path: &str) -> Result<String> {
    fs::read_to_string(path).step_on("read", Path::new(path))
}

/// The cost of one reading of the clock, in nanoseconds: the best of some thousand in a row.
fn clock() -> f64 {
    const READINGS: u32 = 1000;
    let series = || {
        let start = Instant::now();
        let last = (0..READINGS).fold(start, |_, _| Instant::now());
        (last - start).as_secs_f64() * 1e9 / f64::from(READINGS)
    };
    (0..20).map(|_| series()).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_says_what_it_is() {
        let scratch = course::scratch();
        let machine = Machine::at(scratch.path()).unwrap();
        let sentence = machine.sentence();
        for part in [machine.cpu.as_str(), "Linux ", machine.file_system, "-byte pages"] {
            assert!(sentence.contains(part), "{part:?} in {sentence:?}");
        }
        assert_eq!(machine.cpus, cores().unwrap().len());
        assert!(machine.clock_ns > 0.0 && !machine.load.is_nan(), "{machine:?}");
    }

    #[test]
    fn a_pinned_thread_has_one_core() {
        // A thread of its own: the pin belongs to the thread.
        let mine = std::thread::spawn(|| {
            let last = *cores().unwrap().last().unwrap();
            pin(last).unwrap();
            (cores().unwrap(), vec![last])
        });
        let (has, wanted) = mine.join().unwrap();
        assert_eq!(has, wanted);
    }
}
