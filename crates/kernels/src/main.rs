//! Runs the tests of the lessons on other kernels: `just kernels [VERSION …]`. Each kernel is Debian's,
//! in a virtual machine of QEMU, which reads the files of this machine and has a disk of its own.
#![forbid(unsafe_code)]

mod packages;

mod initramfs;
mod programs;

mod machine;

mod outcome;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant, SystemTime};

use common::clap::{self, Parser};
use common::{Context, Failure, Result, say};
use indicatif::{ProgressBar, ProgressStyle};

use crate::machine::{Accelerator, Event, Job, Machine};
use crate::outcome::Outcome;
use crate::packages::Packages;
use crate::programs::Program;
use crate::table::Record;

/// Run the tests of the lessons on other kernels, in virtual machines
#[derive(Parser)]
#[command(bin_name = "cargo kernels")]
struct Arguments {
    /// Use Debian's newest kernel of this version, such as 6.1, or `newest`
    #[arg(value_name = "VERSION", default_values = ["5.10", "6.1", "6.12", "newest"])]
    versions: Vec<String>,
    /// Run the tests on this file system only; may be repeated
    #[arg(long = "on", value_name = "FILE SYSTEM", value_parser = SYSTEMS)]
    file_systems: Vec<String>,
    /// Run only the test programs whose package or name contains this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Write the record to lessons/measurements/kernels.json
    #[arg(long)]
    record: bool,
}

/// The most time until a machine has booted.
const BOOT: Duration = Duration::from_mins(5);
/// The most time between the ends of two test programs. The guest ends each after ten minutes.
const PROGRAM: Duration = Duration::from_mins(12);

const SYSTEMS: [&str; 5] = ["ext4", "xfs", "btrfs", "tmpfs", "overlay"];

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let arguments = Arguments::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."));
    let directory = root.join("target/kernels");
    let progress = progress();
    progress.set_message("building the tests");
    let programs = chosen(programs::build()?, arguments.only.as_deref())?;
    progress.set_message("reading Debian's package lists");
    let packages = Packages::new(&directory)?;
    let mut lab = Lab {
        busybox: found(&packages.unpack("busybox-static")?, &["bin/busybox", "usr/bin/busybox"])?,
        packages,
        programs,
        file_systems: file_systems(&arguments.file_systems),
        machines: directory.join("machines"),
        accelerator: Accelerator::available(),
        progress,
    };
    let mut record = Record {
        date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        c_library: c_library()?,
        ..Record::default()
    };
    for wanted in &arguments.versions {
        let (version, outcomes) = lab.run(wanted)?;
        record.kernels.insert(version, outcomes);
    }
    lab.progress.finish_and_clear();
    tell(&record, arguments.record.then_some(root))
}

/// The test programs whose name contains `only`.
fn chosen(mut programs: Vec<Program>, only: Option<&str>) -> Result<Vec<Program>> {
    programs.retain(|program| only.is_none_or(|only| program.name.contains(only)));
    if programs.is_empty() {
        let only = Path::new(only.unwrap_or_default());
        return Err(Failure::refusal("find a test program", only, "no name contains this"));
    }
    Ok(programs)
}

/// The file systems named, or all.
fn file_systems(named: &[String]) -> Vec<&'static str> {
    let is_named = |system: &&str| named.is_empty() || named.iter().any(|name| name == system);
    SYSTEMS.into_iter().filter(is_named).collect()
}

/// All that the machines have in common.
struct Lab {
    packages: Packages,
    busybox: PathBuf,
    programs: Vec<Program>,
    file_systems: Vec<&'static str>,
    machines: PathBuf,
    accelerator: Accelerator,
    progress: ProgressBar,
}

impl Lab {
    /// Runs the tests on one kernel. Returns its version and what was seen, by file system.
    fn run(&mut self, wanted: &str) -> Result<(String, BTreeMap<String, Outcome>)> {
        let version = self.packages.kernel(wanted)?;
        self.progress.set_message(format!("{version}: unpacking"));
        let files = self.packages.unpack_kernel(&version)?;
        let here = self.machines.join(&version);
        fs::create_dir_all(&here).step_on("create the directory", &here)?;
        let initramfs = here.join("initramfs");
        initramfs::pack(&files, &self.busybox, &here.join("initramfs.d"), &initramfs)?;
        let job = Job {
            kernel: &image(&files)?,
            initramfs: &initramfs,
            file_systems: &self.file_systems,
            programs: &self.programs,
            directory: &here,
        };
        self.progress.set_message(format!("{version}: booting"));
        let mut machine = Machine::start(&job, self.accelerator)?;
        // In some virtual machines /dev/kvm exists and does not work.
        if let Err(failure) = machine.next(BOOT) {
            if self.accelerator == Accelerator::Emulation {
                return Err(failure);
            }
            self.accelerator = Accelerator::Emulation;
            drop(machine);
            machine = Machine::start(&job, self.accelerator)?;
            machine.next(BOOT)?;
        }
        self.watch(&mut machine, &version)?;
        let read = |system: &&str| -> Result<(String, Outcome)> {
            let results = machine.results.join(system);
            let mut outcome = Outcome::read(&results, &self.programs)?;
            let reasons = self.accelerator.left_out().iter();
            outcome.left_out.extend(reasons.map(|(test, why)| format!("{test} ({why})")));
            Ok(((*system).into(), outcome))
        };
        let outcomes = self.file_systems.iter().map(read).collect::<Result<_>>()?;
        Ok((version, outcomes))
    }

    /// Watches a machine until it ends, and shows how far it is.
    fn watch(&self, machine: &mut Machine, version: &str) -> Result<()> {
        let began = Instant::now();
        let (each, mut finished) = (self.programs.len(), 0);
        let all = each * self.file_systems.len();
        while machine.next(PROGRAM)? == Event::Finished {
            finished += 1;
            let seconds = began.elapsed().as_secs();
            let message = format!("{version}: {finished} of {all} test programs, {seconds} s");
            if self.progress.is_hidden() && finished % each == 0 {
                say!("{message}")?;
            }
            self.progress.set_message(message);
        }
        Ok(())
    }
}

/// Prints the table. Says what differs in the exit status.
fn tell(record: &Record, root: Option<&Path>) -> Result<()> {
    say!("{}", record.markdown())?;
    for (kernel, systems) in &record.kernels {
        for (system, outcome) in systems {
            for (test, said) in &outcome.failed {
                say!("{kernel} on {system}: {test}\n    {said}")?;
            }
        }
    }
    if let Some(root) = root {
        let json = root.join("lessons/measurements/kernels.json");
        let text = serde_json::to_string_pretty(record).step("write JSON")?;
        fs::write(&json, text + "\n").step_on("write", &json)?;
    }
    match record.is_clean() {
        true => say!("Every test passed on every kernel and file system."),
        false => {
            Err(Failure::refusal("run", Path::new("the tests"), "some failed: see the list above"))
        }
    }
}

fn progress() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn c_library() -> Result<String> {
    let text = packages::run(Command::new("getconf").arg("GNU_LIBC_VERSION"))?;
    Ok(text.trim().into())
}

fn image(files: &Path) -> Result<PathBuf> {
    let boot = files.join("boot");
    let entries = fs::read_dir(&boot).step_on("read the directory", &boot)?;
    let mut names = entries.flatten().map(|entry| entry.path());
    let image = names.find(|path| {
        path.file_name().is_some_and(|it| it.to_string_lossy().starts_with("vmlinuz"))
    });
    image.ok_or_else(|| Failure::refusal("find the kernel in", &boot, "there is no vmlinuz"))
}

fn found(directory: &Path, names: &[&str]) -> Result<PathBuf> {
    let path = names.iter().map(|name| directory.join(name)).find(|path| path.exists());
    path.ok_or_else(|| {
        Failure::refusal("find a file in", directory, format!("none of {}", names.join(", ")))
    })
}
