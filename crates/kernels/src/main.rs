//! Runs the tests of the lessons on other kernels: `just kernels [VERSION …]`. Each kernel is Debian's,
//! in a virtual machine of QEMU, which reads the files of this machine and has a disk of its own.

mod packages;

mod initramfs;
mod tools;

mod counter;
mod lab;
mod machine;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::time::Instant;

use common::clap::{self, Parser};
use common::{Failure, Result, say};
use indicatif::{MultiProgress, ProgressDrawTarget};
use kernels::code_hashes::{self, CodeHashes};
use kernels::machines::{self, Machines};
use kernels::programs::{self, Program};
use kernels::record::{self, End, Record};
use kernels::table;

use crate::lab::{Lab, Seen};
use crate::machine::Accelerator;
use crate::packages::Packages;

/// Run the tests of the lessons on other kernels, in virtual machines
#[derive(Parser)]
#[command(bin_name = "cargo kernels")]
struct Arguments {
    /// Use Debian's newest kernel of this version, such as 6.1, or `newest`
    #[arg(value_name = "VERSION", default_values = ["5.10", "6.1", "6.12", "newest"])]
    versions: Vec<String>,
    /// Run the tests on this file system only; may be repeated
    #[arg(long = "on", value_name = "FILE SYSTEM", value_parser = record::FILE_SYSTEMS)]
    file_systems: Vec<String>,
    /// Run only the test programs whose package or name contains this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Write the results to lessons/measurements/kernels.json
    #[arg(long)]
    record: bool,
    /// Start no machine: read what the last ones left, even if they did not come to their end
    #[arg(long)]
    reread: bool,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let arguments = Arguments::parse();
    let began = Instant::now();
    let lab = lab(&arguments)?;
    let (seen, not_run): (Vec<_>, Vec<_>) =
        lab.run(&arguments.versions).into_iter().partition(Result::is_ok);
    let seen: Vec<Seen> = seen.into_iter().flatten().collect();
    tell(&seen)?;
    let not_run: Vec<Failure> = not_run.into_iter().filter_map(Result::err).collect();
    for failure in not_run.iter().chain(seen.iter().filter_map(|seen| seen.unfinished.as_ref())) {
        say!("\nNOT RUN: {failure}")?;
    }
    if arguments.record {
        keep(&seen, &lab.hashes, arguments.only.is_none())?;
    }
    let minutes = began.elapsed().as_secs().div_ceil(60);
    let end = judge(&seen, not_run.is_empty());
    if end.is_ok() {
        say!("\nEvery test that could run passed, on every kernel and file system above.")?;
    }
    say!(
        "This took {minutes} minutes. `just kernels` without arguments runs all kernels and file systems."
    )?;
    end
}

/// Prepares what the machines have in common.
fn lab(arguments: &Arguments) -> Result<Lab> {
    let file_systems = file_systems(&arguments.file_systems);
    tools::find(&file_systems)?;
    let directory = root().join("target/kernels");
    let bars = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
    let bar = bars.add(lab::spinner());
    bar.set_message("reading Debian's package lists");
    let packages = Packages::new(&directory)?;
    for version in &arguments.versions {
        packages.kernel(version)?; // A mistyped one is told before anything is built.
    }
    let busybox = packages.unpack(&["busybox-static".into()])?;
    bar.set_message("building the tests");
    let hashes = CodeHashes::of_sources(&root())?; // Before the build: what is edited afterwards does not run.
    let programs = chosen(programs::build(programs::ALL)?, arguments.only.as_deref())?;
    bar.finish_and_clear();
    Ok(Lab {
        busybox: found(&busybox, &["bin/busybox", "usr/bin/busybox"])?,
        packages: Mutex::new(packages),
        programs,
        hashes,
        file_systems,
        machines: directory.join("machines"),
        accelerator: Mutex::new(Accelerator::available()),
        reread: arguments.reread,
        bars,
    })
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
    record::FILE_SYSTEMS.into_iter().filter(is_named).collect()
}

/// Prints the tables, and what could not run.
fn tell(seen: &[Seen]) -> Result<()> {
    let mut record = Record::default();
    for (run, ends) in seen.iter().flat_map(Seen::ran) {
        record.add(run, ends.clone());
    }
    say!("{}{}", table::counts(&record), table::differences(&record))?;
    for (run, why) in seen.iter().flat_map(Seen::refused) {
        say!("\n{}: no test could run: {why}", table::places(&[run]))?;
    }
    Ok(())
}

/// Writes the record. Results of these machines replace older ones. If only some test programs ran, the
/// older results of the others stay. A result of a test whose code has changed since is left out.
fn keep(seen: &[Seen], now: &CodeHashes, all_programs: bool) -> Result<()> {
    let (path, hashes_path) = (root().join(record::PATH), root().join(code_hashes::PATH));
    let mut record = Record::read(&path)?;
    let then = CodeHashes::read(&hashes_path)?;
    record.retain(|test| then.agree(now, test));
    for seen in seen.iter().filter(|seen| all_programs && seen.unfinished.is_none()) {
        seen.ran().for_each(|(run, _)| record.forget(run));
    }
    let mut changed = BTreeSet::new();
    for seen in seen {
        for (run, ends) in seen.ran() {
            changed.extend(record.add_if(run, ends.clone(), |test| seen.hashes.agree(now, test)));
        }
    }
    for test in changed {
        say!("not recorded, because its code has changed: {test}")?;
    }
    let mut hashes = now.clone();
    hashes.retain(|test| record.ends(test).is_some());
    record.write(&path)?;
    hashes.write(&hashes_path)?;
    let path = root().join(machines::PATH);
    let mut known = Machines::read(&path)?;
    for seen in seen.iter().filter(|seen| seen.ran().next().is_some()) {
        let machine = machines::Machine {
            package: seen.version.clone(),
            c_library: c_library()?,
            processor: seen.accelerator.processor().into(),
            date: humantime::format_rfc3339_seconds(seen.began).to_string(),
        };
        known.0.insert(record::kernel(&seen.version), machine);
    }
    known.write(&path)?;
    say!("\nRecorded in {}. `just ledger` writes the pages.", record::PATH)
}

/// Fails if a test failed or could not run.
fn judge(seen: &[Seen], all_kernels: bool) -> Result<()> {
    let ends = seen.iter().flat_map(|seen| &seen.runs).filter_map(|(_, ends)| ends.as_ref().ok());
    let failed = ends.flat_map(|ends| ends.values()).any(|end| matches!(end, End::Failed(_)));
    let partly = |seen: &Seen| seen.unfinished.is_some() || seen.refused().next().is_some();
    let why = match (failed, all_kernels && !seen.iter().any(partly)) {
        (true, _) => "some failed: see the list above",
        (_, false) => "some were not run: see above",
        _ => return Ok(()),
    };
    Err(Failure::refusal("run", Path::new("the tests"), why))
}

fn c_library() -> Result<String> {
    let text = packages::run(Command::new("getconf").arg("GNU_LIBC_VERSION"))?;
    Ok(text.trim().into())
}

/// The root of the workspace.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(Path::new(".")).into()
}

fn found(directory: &Path, names: &[&str]) -> Result<PathBuf> {
    let path = names.iter().map(|name| directory.join(name)).find(|path| path.exists());
    path.ok_or_else(|| {
        Failure::refusal("find a file in", directory, format!("none of {}", names.join(", ")))
    })
}
