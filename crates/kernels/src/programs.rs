//! The test programs, as cargo builds them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Context, Failure, Result};
use serde_json::Value;

/// What cargo is asked to build.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// The packages, as patterns.
    pub packages: &'a [&'a str],
    /// The test programs of these packages, as patterns.
    pub targets: &'a [&'a str],
    /// With optimisation: compiling takes longer, and running less.
    pub release: bool,
}

/// The claims and the programs' tests of the lessons, and page-view's tests that compare it with the kernel.
/// In an emulated machine, the tests of lesson 5 took 194 s of CPU time without optimisation and 95 with it.
pub const ALL: Selection<'_> = Selection {
    packages: &["calls", "lesson-*", "page-view"],
    targets: &["claims*", "program", "views", "agreement"],
    release: true,
};

/// A test program and the directory in which cargo would run it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// `lesson-3-msync claims`: the package and the target.
    pub name: String,
    /// The package's directory.
    pub directory: PathBuf,
    /// The executable file.
    pub executable: PathBuf,
    /// The names of its tests.
    pub tests: Vec<String>,
}

impl Program {
    /// The package: `lesson-3-msync`.
    pub fn package(&self) -> &str {
        self.name.split(' ').next().unwrap_or(&self.name)
    }

    /// A test's name in a record: `lesson-3-msync: flushing::msync_writes`.
    pub fn key(&self, test: &str) -> String {
        format!("{}: {test}", self.package())
    }
}

/// Builds test programs and lists them, with their tests.
///
/// # Errors
/// They do not compile: cargo has said why. Or one of them does not list its tests.
pub fn build(selection: Selection<'_>) -> Result<Vec<Program>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args([
        "test",
        "--no-run",
        "--quiet",
        "--locked",
        "--message-format=json-render-diagnostics",
    ]);
    if selection.release {
        cargo.arg("--release");
    }
    for package in selection.packages {
        cargo.args(["--package", package]);
    }
    for test in selection.targets {
        cargo.args(["--test", test]);
    }
    let output = cargo.stderr(Stdio::inherit()).output().step("start cargo")?;
    if !output.status.success() {
        return Err(Failure::refusal("build", Path::new("the tests"), output.status.to_string()));
    }
    let mut programs = listed(&String::from_utf8_lossy(&output.stdout));
    if programs.is_empty() {
        return Err(Failure::refusal(
            "build",
            Path::new("the tests"),
            "cargo lists no test program",
        ));
    }
    // Cargo lists what it need not compile first, so its order changes.
    programs.sort_by(|a, b| a.name.cmp(&b.name));
    for program in &mut programs {
        program.tests = tests(&program.executable, &[])?;
    }
    Ok(programs)
}

/// The names of a program's tests; with `--ignored` only of those that need root.
///
/// # Errors
/// The program cannot be started, or fails.
pub fn tests(executable: &Path, options: &[&str]) -> Result<Vec<String>> {
    let mut command = Command::new(executable);
    let output = command.args(["--list", "--format", "terse"]).args(options).output();
    let output = output.step_on("start", executable)?;
    if !output.status.success() {
        return Err(Failure::refusal("list the tests of", executable, output.status.to_string()));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.lines().filter_map(|line| line.strip_suffix(": test")).map(Into::into).collect())
}

fn listed(messages: &str) -> Vec<Program> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter_map(|m| program(&m))
        .collect()
}

fn program(message: &Value) -> Option<Program> {
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
    if message["reason"] != "compiler-artifact" || message["profile"]["test"] != true {
        return None;
    }
    let executable = PathBuf::from(text(&message["executable"])?);
    let directory = Path::new(&text(&message["manifest_path"])?).parent()?.to_owned();
    let package = directory.file_name()?.to_string_lossy().into_owned();
    let target = text(&message["target"]["name"])?;
    let name = format!("{package} {target}");
    Some(Program { name, directory, executable, tests: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_s_messages_name_the_test_programs() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","manifest_path":"/c/crates/lesson-3-msync/Cargo.toml","target":{"name":"claims"},"profile":{"test":true},"executable":"/c/target/debug/deps/claims-1"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","manifest_path":"/c/crates/common/Cargo.toml","target":{"name":"common"},"profile":{"test":false},"executable":null}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        let programs = listed(messages);
        assert_eq!(programs.len(), 1);
        assert_eq!(programs[0].name, "lesson-3-msync claims");
        assert_eq!(programs[0].directory, Path::new("/c/crates/lesson-3-msync"));
    }
}
