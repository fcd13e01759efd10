//! The machine that measured. A figure without its machine means nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Instant;

use common::{Context, Result, allowed_cpus};
use nix::sys::utsname::uname;
use procfs::{CpuInfo, Current};
use serde::{Deserialize, Serialize};

use crate::unit::rounded;

/// What a figure depends on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// `model name` in /proc/cpuinfo.
    pub cpu: String,
    /// Whether the machine is virtual: whether its CPUs have the flag `hypervisor`. Then the numbers
    /// in `placement` are the guest's, and the host may run two CPUs on one core.
    pub virtual_machine: bool,
    /// The CPUs that the benchmark may use, and where they are.
    pub placement: Vec<Cpu>,
    /// The kernel's release.
    pub kernel: String,
    /// Bytes in a page.
    pub page_bytes: usize,
    /// The file system of the scratch directory.
    pub file_system: String,
    /// What the kernel says about CPU vulnerabilities that concern this machine: mitigations make
    /// each system call dearer.
    pub mitigations: BTreeMap<String, String>,
    /// What one reading of the clock costs, in nanoseconds.
    pub clock_ns: f64,
}

/// Where a CPU is, as the guest sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cpu {
    /// Its number.
    pub cpu: usize,
    /// The core.
    pub core: String,
    /// The socket.
    pub package: String,
    /// The CPUs that are threads of the same core.
    pub threads_of_core: String,
}

impl Machine {
    /// This machine, with the benchmark's files at `path`.
    ///
    /// # Errors
    /// Those of /proc.
    pub fn at(path: &Path) -> Result<Self> {
        let info = CpuInfo::current().map_err(io::Error::other).step("read /proc/cpuinfo")?;
        let flags = info.flags(0).unwrap_or_default();
        Ok(Self {
            cpu: info.model_name(0).unwrap_or("a CPU without a name").trim().into(),
            virtual_machine: flags.contains(&"hypervisor"),
            placement: allowed_cpus()?.into_iter().map(Cpu::of).collect(),
            kernel: uname().step("uname")?.release().to_string_lossy().into_owned(),
            page_bytes: common::page_size(),
            file_system: common::file_system(path)?.into(),
            mitigations: mitigations(),
            clock_ns: rounded(clock_ns()),
        })
    }

    /// The machine in one line.
    pub fn sentence(&self) -> String {
        let kind = if self.virtual_machine { "virtual " } else { "" };
        let Self { cpu, kernel, clock_ns, placement, .. } = self;
        format!(
            "{cpu}, {} {kind}CPUs, Linux {kernel}; reading the clock takes {clock_ns:.0} ns",
            placement.len()
        )
    }

    /// Whether any mitigation of a CPU vulnerability is active, in one line.
    pub fn mitigations_sentence(&self) -> String {
        let active = |(name, state): (&String, &String)| {
            state.starts_with("Mitigation").then(|| name.replace('_', " "))
        };
        let active: Vec<_> = self.mitigations.iter().filter_map(active).collect();
        match active.len() {
            0 => "no mitigation of a CPU vulnerability is active".into(),
            _ => format!("active mitigations of CPU vulnerabilities: {}", active.join(", ")),
        }
    }
}

impl Cpu {
    fn of(cpu: usize) -> Self {
        let says = |name: &str| {
            let path = format!("/sys/devices/system/cpu/cpu{cpu}/topology/{name}");
            fs::read_to_string(path).map_or("unknown".into(), |text| text.trim().to_owned())
        };
        let threads_of_core = says("thread_siblings_list");
        Self { cpu, core: says("core_id"), package: says("physical_package_id"), threads_of_core }
    }
}

/// Each vulnerability that the kernel does not call `Not affected`; none where /sys has no list.
fn mitigations() -> BTreeMap<String, String> {
    let files = fs::read_dir("/sys/devices/system/cpu/vulnerabilities").into_iter().flatten();
    let states = files.flatten().filter_map(|file| {
        let state = fs::read_to_string(file.path()).ok()?.trim().to_owned();
        Some((file.file_name().into_string().ok()?, state))
    });
    states.filter(|(_, state)| state != "Not affected").collect()
}

/// The cost of one reading of the clock: the best of many series.
fn clock_ns() -> f64 {
    const READINGS: u32 = 1000;
    let series = || {
        let start = Instant::now();
        let last = (0..READINGS).fold(start, |_, _| Instant::now());
        (last - start).as_secs_f64() * 1e9 / f64::from(READINGS)
    };
    (0..100).map(|_| series()).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_says_what_it_is() {
        let scratch = course::scratch();
        let machine = Machine::at(scratch.path()).unwrap();
        let sentence = machine.sentence();
        for part in [&machine.cpu, "Linux ", &machine.kernel, "CPUs"] {
            assert!(sentence.contains(part), "{part:?} in {sentence:?}");
        }
        let numbers: Vec<_> = machine.placement.iter().map(|cpu| cpu.cpu).collect();
        assert_eq!(numbers, allowed_cpus().unwrap());
        assert!(machine.clock_ns > 0.0, "{machine:?}");
        let listed = Path::new("/sys/devices/system/cpu/vulnerabilities").exists();
        assert!(listed || machine.mitigations.is_empty());
        assert!(machine.mitigations.values().all(|state| state != "Not affected"));
    }
}
