//! The learner's program: where its source is, and how it is built.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{env, fs, thread};

use common::{Context, Failure, Result, root};
use sandbox::StartError;
use serde_json::Value;

use crate::exercises::EXERCISES;

/// The file that a learner edits, from the root on.
#[must_use]
pub fn source_name(exercise: u8) -> String {
    format!("crates/exercises/src/bin/exercise-{exercise}.rs")
}

/// The same as a path.
///
/// # Errors
/// There is no checkout: see [`common::root`].
pub fn source(exercise: u8) -> Result<PathBuf> {
    Ok(root()?.join(source_name(exercise)))
}

/// The starter as it was shipped.
///
/// # Errors
/// Those of reading it.
pub fn starter(exercise: u8) -> Result<String> {
    let path = root()?.join(format!("crates/check/proof/exercise-{exercise}/starter.rs"));
    let text = fs::read_to_string(&path).step_on("read", &path)?;
    // The proof's copy says in its first line which verdict it must get.
    Ok(text.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or_default())
}

/// Whether the learner has not touched it yet. A missing one was.
///
/// # Errors
/// Those of reading it.
pub fn is_untouched(exercise: u8) -> Result<bool> {
    if missing_source(exercise)?.is_some() {
        return Ok(false);
    }
    let path = source(exercise)?;
    Ok(fs::read(&path).step_on("read", &path)? == starter(exercise)?.into_bytes())
}

/// If the learner's source is missing: that it is, and how to get the starter back.
///
/// # Errors
/// There is no checkout.
pub fn missing_source(exercise: u8) -> Result<Option<String>> {
    let found = fs::symlink_metadata(source(exercise)?);
    let is_missing = found.is_err_and(|error| error.kind() == ErrorKind::NotFound);
    let name = source_name(exercise);
    Ok(is_missing.then(|| {
        format!(
            "{name} is missing. Get the starter back: just reset {exercise}, or cargo check-exercise \
             reset {exercise}"
        )
    }))
}

/// What [`missing_source`] says of every exercise.
///
/// # Errors
/// There is no checkout.
pub fn missing_sources() -> Result<Vec<String>> {
    let all = EXERCISES.iter().filter_map(|one| missing_source(one.number).transpose());
    all.collect()
}

/// The directory in which the judge keeps what it remembers.
///
/// # Errors
/// There is no checkout, or no directory that can be written: see [`common::kept_in`].
pub fn kept_directory() -> Result<PathBuf> {
    let (kept, root) = (common::kept_in("check")?, root()?);
    if kept.starts_with(&root) {
        return Ok(kept);
    }
    // Other checkouts may share a target directory elsewhere.
    let mut hasher = DefaultHasher::new();
    root.canonicalize().step_on("resolve", &root)?.hash(&mut hasher);
    Ok(kept.join(format!("{:016x}", hasher.finish())))
}

/// What building gave.
pub enum Built {
    /// The program.
    Program(PathBuf),
    /// What the compiler said against it.
    Refused(String),
}

/// Builds the learner's program of an exercise. Beside it, what the compiler warned of.
///
/// # Errors
/// There is no cargo, it says nothing that can be understood, or it fails before the compiler begins.
pub fn build(exercise: u8) -> Result<(Built, Vec<String>)> {
    let name = format!("exercise-{exercise}");
    // Checkouts may share a target directory. To cargo, their packages are the same one, and a program is up to date
    // if its source is older. So the compiler is told of which checkout it is, which changes nothing else.
    let root = root()?;
    let checkout = format!("checkout={:?}", root.canonicalize().step_on("resolve", &root)?);
    let arguments = ["rustc", "--quiet", "--package", "exercises", "--bin", &name];
    let arguments = [&arguments[..], &["--", "--cfg", &checkout]].concat();
    let (said, artifacts) = with_notice(&format!("exercise {exercise}"), || cargo(&arguments))?;
    let program = artifacts.iter().find_map(|artifact| artifact["executable"].as_str());
    match program {
        Some(program) => {
            Ok((Built::Program(of_this_checkout(Path::new(program))?), warnings(&said)))
        }
        None if said.contains("could not compile") => Ok((Built::Refused(said), Vec::new())),
        // The compiler was never asked: there is no room on the disk, for example.
        None => {
            let why = StartError::CannotPrepare(said.trim().replace('\n', "; "));
            Err(io::Error::from(why)).step_on("build", &source(exercise)?)
        }
    }
}

/// The name of a program that only this checkout gives to it: cargo gives it two names, and the short one is soon that
/// of another program if another checkout shares the target directory.
fn of_this_checkout(program: &Path) -> Result<PathBuf> {
    let of = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino()));
    let short = of(program).step_on("stat", program)?;
    let named = program.parent().unwrap_or(program).join("deps");
    // Without the other name, as on a file system without links, the short one is the only one.
    let names = fs::read_dir(named).into_iter().flatten().flatten().map(|entry| entry.path());
    let same = names.into_iter().find(|path| of(path).is_ok_and(|found| found == short));
    Ok(same.unwrap_or_else(|| program.into()))
}

/// What a compiler that was content warned of, with the lines: the first ones, and how many more there are.
fn warnings(said: &str) -> Vec<String> {
    const MOST: usize = 3;
    let (mut all, mut about) = (Vec::new(), None);
    for line in said.lines() {
        if let Some(text) = line.strip_prefix("warning: ") {
            about = Some(text);
        } else if let Some(place) = line.trim_start().strip_prefix("--> ")
            && let Some(text) = about.take()
        {
            let number = place.rsplit(':').nth(1).unwrap_or_default();
            all.push(format!("line {number}: {text}"));
        }
    }
    let more = all.len().saturating_sub(MOST);
    all.truncate(MOST);
    all.extend((more > 0).then(|| format!("{more} more; `cargo build -p exercises` shows all")));
    all
}

/// Builds `what`. If that takes long, says so on standard error: cargo itself says nothing, not even that it
/// waits for another cargo.
///
/// # Errors
/// Those of `build`.
pub(crate) fn with_notice<T>(what: &str, build: impl FnOnce() -> Result<T>) -> Result<T> {
    /// A build of one small program has ended by then, unless something else had to be built.
    const LONG: Duration = Duration::from_secs(2);
    let why = "If another cargo is building, this one waits for it.";
    let tell = || {
        let _ = writeln!(io::stderr(), "Compiling {what} with cargo.\n{why}"); // The verdict follows anyway.
    };
    with_notice_after(LONG, tell, build)
}

/// Does `work`, and calls `tell` meanwhile if that takes longer than `long`.
fn with_notice_after<T>(long: Duration, tell: impl FnOnce() + Send, work: impl FnOnce() -> T) -> T {
    let (working, is_working) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            if is_working.recv_timeout(long) == Err(RecvTimeoutError::Timeout) {
                tell();
            }
        });
        let done = work();
        drop(working);
        done
    })
}

/// Runs cargo in the root: what it said, and what it made. Nothing was made if it failed.
///
/// # Errors
/// There is no cargo.
pub(crate) fn cargo(arguments: &[&str]) -> Result<(String, Vec<Value>)> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    let (first, others) = arguments.split_at(arguments.len().min(1));
    command.args(first).arg("--message-format=json-render-diagnostics").args(others);
    // What cargo told the program that it runs is not meant for the cargo that this one runs.
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
            command.env_remove(name);
        }
    }
    command.current_dir(root()?).stdin(Stdio::null());
    // Without cargo, this machine can judge no source.
    let lacks = |error: io::Error| StartError::CannotPrepare(error.to_string());
    let output = command.output().map_err(lacks).step_on("run", Path::new(&cargo))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        return Ok((said, Vec::new()));
    }
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let messages = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let artifacts = messages.filter(|message| message["reason"] == "compiler-artifact").collect();
    Ok((said, artifacts))
}

/// A failure that says what the compiler said.
pub(crate) fn broken(step: &str, about: &Path, said: &str) -> Failure {
    Failure::refusal(step, about, said.trim().replace('\n', "; "))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn of_the_compilers_words_a_warning_and_its_line_are_told() {
        let warning = |line: u32| {
            let place = "crates/exercises/src/bin/exercise-6.rs";
            format!("warning: unused `Result` that must be used\n  --> {place}:{line}:5\n   |\n")
        };
        let end = "warning: `exercises` (bin \"exercise-6\") generated 1 warning\n";
        let told = warnings(&(warning(76) + end));
        assert_eq!(told, ["line 76: unused `Result` that must be used"]);
        assert!(warnings("").is_empty());
        let many: String = (1..=5).map(warning).collect();
        let told = warnings(&many);
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told.last().is_some_and(|line| line.starts_with("2 more")), "{told:?}");
    }

    #[test]
    fn a_build_is_told_of_while_it_runs_and_only_if_it_takes_long() {
        let (told, is_told) = mpsc::channel();
        let tell = move || told.send(()).expect("tell");
        // The build ends when somebody was told. The deadline finds a build that nobody is told of.
        let heard = with_notice_after(Duration::from_millis(1), tell, || {
            is_told.recv_timeout(Duration::from_secs(60))
        });
        assert_eq!(heard, Ok(()));
        let told = AtomicBool::new(false);
        let tell = || told.store(true, Ordering::Relaxed);
        assert_eq!(with_notice_after(Duration::from_secs(3600), tell, || 7), 7);
        assert!(!told.load(Ordering::Relaxed));
    }
}
