//! Compiles an untrusted source file in the sandbox: a compiler reads what the source tells it to, and
//! takes as long as the source makes it.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use common::{Context, Failure, Result};
use sandbox::{Compiler, Sandbox, Start, StartError, WorkDirectory};
use tracer::{Ending, Limits};

use crate::build::{Built, cargo, with_notice};
use crate::language::Language;
use crate::machine::Settings;
use crate::observe::{self, NoopObserver};
use crate::printable::printable;
use crate::verdict::CheckError;

/// Debug information that has lines, and nothing else: a page shows the line of each step.
const LINES: &str = "-Cdebuginfo=line-tables-only";

/// Longer than the longest answer.
const MOST_SOURCE: u64 = 1 << 20;

/// The source's program, in `directory`.
///
/// # Errors
/// The source is no regular file, or there is no compiler.
pub fn compiled(
    source: &Path,
    language: Language,
    directory: &WorkDirectory,
    settings: &Settings,
) -> Result<Built> {
    let mut options = OpenOptions::new();
    let options = options.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let file = options.open(source).step_on("open", source)?;
    if !file.metadata().step_on("stat", source)?.is_file() {
        return Err(Failure::refusal("open", source, "not a regular file"));
    }
    let mut text = Vec::new();
    file.take(MOST_SOURCE).read_to_end(&mut text).step_on("read", source)?;
    directory.write(&format!("source.{}", language.ending()), &text)?;
    if nix::unistd::geteuid().is_root()
        && let Some(closed) = closed_above(directory.path())
    {
        let why = format!("the compiler's user cannot pass {}: chmod a+x", closed.display());
        return Err(StartError::CannotPrepare(why)).step_on("compile", source);
    }
    let start = match language {
        Language::Rust => rustc(directory, settings)?,
        Language::C => cc("/usr/bin/cc", "source.c"),
        Language::Cpp => cc("/usr/bin/c++", "source.cpp"),
        Language::Python => return script(&text, directory),
    };
    let limits = Limits {
        cpu_time: Duration::from_secs(60),
        wall: Duration::from_secs(90),
        memory: 2 << 30,
        ..Limits::default()
    };
    let mut sandbox = Sandbox::new(directory, limits, settings.machine.tracing)?;
    let run = match observe::run(&mut sandbox, &start, &mut NoopObserver) {
        Ok(run) => run,
        Err(CheckError::Fault(failure)) => return Err(failure),
        Err(error) => {
            let why = format!("the compiler cannot be run: {}", said_of(error));
            return Err(StartError::CannotPrepare(why)).step_on("compile", source);
        }
    };
    drop(sandbox);
    if let Some(limit_exceeded) = run.limit_exceeded {
        return Ok(Built::Refused(format!("the compiler {limit_exceeded}")));
    }
    if run.ending != Ending::Exited(0) {
        return Ok(Built::Refused(printable(&run.stderr.text())));
    }
    let program = directory.path().join("program");
    let all = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&program, all).step_on("chmod", &program)?;
    Ok(Built::Program(program))
}

/// Why the compiler could not be run, in words.
fn said_of(error: CheckError) -> String {
    match error {
        CheckError::Wrong(finding) | CheckError::Ended(finding) => finding.actual,
        CheckError::Skipped(why) | CheckError::Cannot(why) => why,
        CheckError::Fault(failure) => failure.to_string(),
    }
}

/// A directory above the scratch that an ordinary user cannot pass. The scratch itself, and the work
/// directory in it, are opened by the judge.
fn closed_above(directory: &Path) -> Option<&Path> {
    let is_closed = |path: &&Path| fs::metadata(path).is_ok_and(|found| found.mode() & 1 == 0);
    directory.ancestors().skip(2).find(is_closed)
}

/// rustc, with the crates that the exercises have, as cargo has built them for the proof's answers.
fn rustc(directory: &WorkDirectory, settings: &Settings) -> Result<Start> {
    let build = || cargo(&["build", "--quiet", "--locked", "--package", "proof"]);
    // The judge of a class says on standard error what it does itself.
    let (said, artifacts) = match settings.timing {
        None => with_notice("the libraries for this program", build)?,
        Some(_) => build()?,
    };
    let mut libraries = Vec::new();
    for name in ["libc", "memmap2", "nix"] {
        let built = artifacts.iter().find(|artifact| artifact["target"]["name"] == name);
        let files = built.and_then(|artifact| artifact["filenames"].as_array());
        let library = files.into_iter().flatten().filter_map(|file| file.as_str());
        let library = library.into_iter().find(|file| file.ends_with(".rlib"));
        // Without it, this machine cannot compile any program in Rust.
        let lacks = || StartError::CannotPrepare(said.trim().replace('\n', "; "));
        let library = library.ok_or_else(lacks).step_on("build", Path::new(name))?;
        libraries.push((name, PathBuf::from(library)));
    }
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&rustc).args(["--print", "sysroot"]).output();
    let lacks = |error: io::Error| StartError::CannotPrepare(error.to_string());
    let output = output.map_err(lacks).step_on("run", Path::new(&rustc))?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let built = libraries.first().and_then(|(_, library)| library.parent());
    let built = built.unwrap_or(Path::new("/")).to_path_buf();
    // An ordinary user may not be able to reach them where they are: root's home is closed.
    let (toolchain, dependencies) = match settings.machine.isolation.files {
        true => (Path::new("toolchain"), Path::new("dependencies")),
        false => (sysroot.as_path(), built.as_path()),
    };
    for shown in [toolchain, dependencies].into_iter().filter(|path| path.is_relative()) {
        let path = directory.path().join(shown);
        fs::create_dir(&path).step_on("mkdir", &path)?;
    }
    let mut arguments: Vec<String> =
        ["--edition=2024", "-Copt-level=2", "-Cdebug-assertions=on", "--cap-lints=warn", LINES]
            .map(String::from)
            .into();
    arguments.push(format!("--sysroot={}", toolchain.display()));
    for (name, library) in libraries {
        let file = dependencies.join(library.file_name().unwrap_or_default());
        arguments.push(format!("--extern={name}={}", file.display()));
    }
    arguments.push(format!("-Ldependency={}", dependencies.display()));
    arguments.extend(["-o", "program", "source.rs"].map(String::from));
    let libraries = toolchain.join("lib").display().to_string();
    let compiler = Compiler {
        environment: vec![("LD_LIBRARY_PATH".into(), libraries)],
        directories: [(&sysroot, toolchain), (&built, dependencies)]
            .map(|(from, at)| (from.clone(), at.into()))
            .into(),
    };
    Ok(Start::new(&sysroot.join("bin/rustc"), arguments).compiler(compiler))
}

fn cc(compiler_path: &str, source: &str) -> Start {
    let arguments = ["-O2", "-g1", "-pthread", "-o", "program", source];
    Start::new(Path::new(compiler_path), arguments).compiler(Compiler::default())
}

/// A Python source as a program: with the line that names its interpreter.
fn script(text: &[u8], directory: &WorkDirectory) -> Result<Built> {
    let line: &[u8] = if text.starts_with(b"#!") { b"" } else { b"#!/usr/bin/env python3\n" };
    directory.write("program", &[line, text].concat())?;
    let program = directory.path().join("program");
    let all = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&program, all).step_on("chmod", &program)?;
    Ok(Built::Program(program))
}
