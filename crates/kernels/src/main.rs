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
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use common::clap::{self, Parser};
use common::{Context, Failure, Result, say};
use indicatif::{ProgressBar, ProgressStyle};

use crate::machine::{Accelerator, Job, Machine};
use crate::outcome::Outcome;
use crate::packages::Packages;
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

const SYSTEMS: [&str; 5] = ["ext4", "xfs", "btrfs", "tmpfs", "overlay"];

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let arguments = Arguments::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."));
    let directory = root.join("target/kernels");
    let systems: Vec<&str> = SYSTEMS
        .into_iter()
        .filter(|system| {
            arguments.file_systems.is_empty()
                || arguments.file_systems.iter().any(|it| it == system)
        })
        .collect();
    let progress = progress();
    progress.set_message("building the tests");
    let mut programs = programs::build()?;
    programs
        .retain(|program| arguments.only.as_ref().is_none_or(|only| program.name.contains(only)));
    if programs.is_empty() {
        let only = arguments.only.unwrap_or_default();
        return Err(Failure::refusal(
            "find a test program",
            Path::new(&only),
            "no name contains this",
        ));
    }
    progress.set_message("reading Debian's package lists");
    let packages = Packages::new(&directory)?;
    let busybox = packages.unpack("busybox-static")?;
    let mut record = Record {
        date: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        c_library: c_library()?,
        ..Record::default()
    };
    let mut accelerator = Accelerator::available();
    for wanted in &arguments.versions {
        let version = packages.kernel(wanted)?;
        progress.set_message(format!("{version}: unpacking"));
        let files = packages.unpack_kernel(&version)?;
        let here = directory.join("machines").join(&version);
        fs::create_dir_all(&here).step_on("create the directory", &here)?;
        let initramfs = here.join("initramfs");
        initramfs::pack(&files, &busybox_file(&busybox)?, &here.join("initramfs.d"), &initramfs)?;
        let job = Job {
            kernel: &image(&files)?,
            initramfs: &initramfs,
            file_systems: &systems,
            programs: &programs,
            directory: &here,
            limit: Duration::from_mins(40),
        };
        let mut machine = Machine::start(&job, accelerator)?;
        if accelerator == Accelerator::Kvm && !boots(&mut machine) {
            accelerator = Accelerator::Emulation;
            drop(machine);
            machine = Machine::start(&job, accelerator)?;
        }
        let outcomes = watch(machine, &job, &version, &progress)?;
        record.kernels.insert(version, outcomes);
    }
    progress.finish_and_clear();
    tell(&record, arguments.record.then_some(root))
}

const LOOK: Duration = Duration::from_millis(500);

/// Whether the machine boots soon. In some virtual machines /dev/kvm exists and does not work.
fn boots(machine: &mut Machine) -> bool {
    const SOON: Duration = Duration::from_secs(60);
    let began = Instant::now();
    while began.elapsed() < SOON && matches!(machine.has_ended(), Ok(false)) {
        if machine.has_booted() {
            return true;
        }
        thread::park_timeout(LOOK);
    }
    machine.has_booted()
}

/// Watches a machine until it ends, and shows how far it is.
fn watch(
    mut machine: Machine,
    job: &Job,
    version: &str,
    progress: &ProgressBar,
) -> Result<BTreeMap<String, Outcome>> {
    let began = Instant::now();
    let all = job.programs.len() * job.file_systems.len();
    let mut last = usize::MAX;
    while !machine.has_ended()? {
        let finished = machine.finished();
        let message = format!(
            "{version}: {finished} of {all} test programs, {} s",
            began.elapsed().as_secs()
        );
        if progress.is_hidden() && finished / job.programs.len() != last {
            last = finished / job.programs.len();
            say!("{message}")?;
        }
        progress.set_message(message);
        thread::park_timeout(LOOK);
    }
    let read = |system: &&str| -> Result<(String, Outcome)> {
        Ok((system.to_string(), Outcome::read(&machine.results.join(system), job.programs)?))
    };
    job.file_systems.iter().map(read).collect()
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

fn busybox_file(package: &Path) -> Result<PathBuf> {
    found(package, &["bin/busybox", "usr/bin/busybox"])
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
