//! Proves the claims on this machine, and explains each claim that does not hold here: `just prove [N]`.
//! With `--report` the explanations are also written to a file for an issue.
#![forbid(unsafe_code)]

mod difference;

mod claims;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use common::clap::{self, Parser};
use common::{Context, Failure, Result, Scratch, root, say};
use kernels::outcome::{self, Output};
use kernels::programs::{self, Program, Selection};
use kernels::record::{End, Record};

use crate::difference::Difference;

/// Prove the claims on this machine, and explain those that do not hold here
#[derive(Parser)]
#[command(bin_name = "cargo prove")]
struct Arguments {
    /// Prove only the claims of this lesson, or those about single calls
    #[arg(value_name = "LESSON|calls", value_parser = ["1", "2", "3", "4", "5", "6", "7", "calls"])]
    part: Option<String>,
    /// Prove the claims that need root, too
    #[arg(long)]
    root: bool,
    /// Write what differs here to target/prove-report.md, for an issue
    #[arg(long)]
    report: bool,
}

fn main() -> ExitCode {
    common::main(run)
}

fn run() -> Result<()> {
    let arguments = Arguments::parse();
    let programs = build(arguments.part.as_deref())?;
    let record = Record::current(&root()?)?;
    let mut proof = Proof::default();
    for program in &programs {
        prove(program, arguments.root, &record, &mut proof)?;
    }
    let here = ground()?;
    for difference in &proof.differences {
        say!("\n{difference}")?;
    }
    if arguments.report {
        let path = root()?.join("target/prove-report.md");
        let text = report(&here, &proof);
        fs::write(&path, text).step_on("write", &path)?;
        say!("\nThe report is in {}. You can attach it to an issue.", path.display())?;
    }
    tell(&here, &proof)
}

/// What was seen.
#[derive(Default)]
struct Proof {
    passed: usize,
    /// Claims that this machine or user cannot show, with the reason.
    left_out: Vec<(String, String)>,
    differences: Vec<Difference>,
}

fn build(part: Option<&str>) -> Result<Vec<Program>> {
    let lesson = part.map(|part| format!("lesson-{part}-*"));
    let packages: Vec<&str> = match (part, &lesson) {
        (Some("calls"), _) => vec!["calls"],
        (_, Some(lesson)) => vec![lesson],
        _ => vec!["calls", "lesson-*"],
    };
    programs::build(Selection { packages: &packages, targets: &["claims*"], release: false })
}

/// Runs a test program, passes on what it prints, and adds how its tests ended.
fn prove(program: &Program, with_root: bool, record: &Record, proof: &mut Proof) -> Result<()> {
    let errors = Scratch::new()?;
    let errors = errors.path().join("errors");
    let file = fs::File::create(&errors).step_on("create", &errors)?;
    let mut command = Command::new(&program.executable);
    command.args(["--format", "pretty"]).args(with_root.then_some("--include-ignored"));
    command.current_dir(&program.directory).stdout(Stdio::piped()).stderr(file);
    let mut child = command.spawn().step_on("start", &program.executable)?;
    let mut stdout = String::new();
    for line in child.stdout.take().into_iter().flat_map(|pipe| BufReader::new(pipe).split(b'\n')) {
        let line =
            String::from_utf8_lossy(&line.step_on("read", &program.executable)?).into_owned();
        say!("{line}")?;
        stdout += &line;
        stdout.push('\n');
    }
    let status = child.wait().step_on("wait for", &program.executable)?.to_string();
    let stderr = fs::read(&errors).step_on("read", &errors)?;
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    let _ = std::io::stderr().write_all(stderr.as_bytes()); // Nobody may be listening there.
    let output = Output { stdout: &stdout, stderr: &stderr, status: &status };
    for (test, end) in ends(program, with_root, output)? {
        match end {
            End::Passed => proof.passed += 1,
            End::LeftOut(why) => proof.left_out.push((program.key(&test), why)),
            End::Failed(_) => {
                proof.differences.push(Difference::of(program, &test, output, record)?);
            }
        }
    }
    Ok(())
}

/// How each test ended, by its name in the program.
fn ends(program: &Program, with_root: bool, output: Output<'_>) -> Result<Vec<(String, End)>> {
    let ignored = match with_root {
        true => Vec::new(),
        false => programs::tests(&program.executable, &["--ignored"])?,
    };
    let asked: Vec<_> =
        program.tests.iter().filter(|test| !ignored.contains(test)).cloned().collect();
    let ends = outcome::ends(program, &asked, output);
    let name = |key: String| key.split_once(": ").map_or(key.clone(), |(_, test)| test.into());
    Ok(ends.into_iter().map(|(key, end)| (name(key), end)).collect())
}

/// This machine: kernel, file system of the scratch directory, C library, user.
fn ground() -> Result<String> {
    let ground = common::ground(Scratch::new()?.path())?;
    let ground = ground.trim_start_matches("Machine: ");
    let library = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let library = library.ok().filter(|output| output.status.success());
    let library = library.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let library = library.unwrap_or_else(|| "a C library that getconf does not know".into());
    let user = if nix::unistd::geteuid().is_root() { "root" } else { "an ordinary user" };
    Ok(format!("{ground}, {library}, {}, as {user}", std::env::consts::ARCH))
}

/// The file for an issue.
fn report(here: &str, proof: &Proof) -> String {
    let (passed, differ) = (proof.passed, proof.differences.len());
    let mut text = format!(
        "# Claims that differ\n\nOn {here}: {passed} claims hold, {differ} differ, {} were not run.\n",
        proof.left_out.len()
    );
    for difference in &proof.differences {
        text += &format!("\n{difference}\n");
    }
    if !proof.left_out.is_empty() {
        text += "\n## Not run\n\n";
        let lines = proof.left_out.iter().map(|(test, why)| format!("- `{test}`: {why}\n"));
        text += &lines.collect::<String>();
    }
    text
}

fn tell(here: &str, proof: &Proof) -> Result<()> {
    let (passed, left_out) = (proof.passed, proof.left_out.len());
    say!("\nOn {here}: {passed} claims hold, {left_out} were not run.")?;
    match proof.differences.len() {
        0 => Ok(()),
        count => {
            let sentence = format!("{count} differ on this machine: see above");
            Err(Failure::refusal("prove", Path::new("the claims"), sentence))
        }
    }
}
