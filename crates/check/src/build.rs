//! The learner's program: where its source is, and how it is built.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use common::{Context, Failure, Result, root};
use serde_json::Value;

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

/// Whether the learner has not touched it yet.
///
/// # Errors
/// Those of reading it.
pub fn is_untouched(exercise: u8) -> Result<bool> {
    let path = source(exercise)?;
    Ok(fs::read(&path).step_on("read", &path)? == starter(exercise)?.into_bytes())
}

/// The directory in which the judge keeps what it remembers.
///
/// # Errors
/// There is no checkout: see [`common::root`].
pub fn memory() -> Result<PathBuf> {
    Ok(root()?.join("target/check"))
}

/// What building gave.
pub enum Built {
    /// The program.
    Program(PathBuf),
    /// What the compiler said against it.
    Refused(String),
}

/// Builds the learner's program of an exercise.
///
/// # Errors
/// There is no cargo, or it says nothing that can be understood.
pub fn build(exercise: u8) -> Result<Built> {
    let name = format!("exercise-{exercise}");
    let arguments = ["build", "--quiet", "--package", "exercises", "--bin", &name];
    let (said, artifacts) = cargo(&arguments)?;
    let program = artifacts.iter().find_map(|artifact| artifact["executable"].as_str());
    Ok(match program {
        Some(program) => Built::Program(program.into()),
        None => Built::Refused(said),
    })
}

/// Runs cargo in the root: what it said, and what it made. Nothing was made if it failed.
///
/// # Errors
/// There is no cargo.
pub(crate) fn cargo(arguments: &[&str]) -> Result<(String, Vec<Value>)> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    command.args(arguments).arg("--message-format=json-render-diagnostics");
    // What cargo told the program that it runs is not meant for the cargo that this one runs.
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
            command.env_remove(name);
        }
    }
    command.current_dir(root()?).stdin(Stdio::null());
    let output = command.output().step_on("run", Path::new(&cargo))?;
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
