//! The test programs, as cargo builds them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Context, Failure, Result};
use serde_json::Value;

/// A test program and the directory in which cargo would run it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// `lesson-3-msync claims`: the package and the target.
    pub(crate) name: String,
    /// The package's directory.
    pub(crate) directory: PathBuf,
    /// The executable file.
    pub(crate) executable: PathBuf,
}

/// Builds the claims and the stories' tests of the lessons, and page-view's tests that compare it with the
/// kernel, and lists them.
///
/// # Errors
/// They do not compile. Cargo has said why.
pub(crate) fn build() -> Result<Vec<Program>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args([
        "test",
        "--no-run",
        "--quiet",
        "--locked",
        "--message-format=json-render-diagnostics",
    ]);
    for package in ["calls", "lesson-*", "page-view"] {
        cargo.args(["--package", package]);
    }
    for test in ["claims*", "program", "views", "agreement"] {
        cargo.args(["--test", test]);
    }
    let output = cargo.stderr(Stdio::inherit()).output().step("start cargo")?;
    if !output.status.success() {
        return Err(Failure::refusal("build", Path::new("the tests"), output.status.to_string()));
    }
    let programs = listed(&String::from_utf8_lossy(&output.stdout));
    if programs.is_empty() {
        return Err(Failure::refusal(
            "build",
            Path::new("the tests"),
            "cargo lists no test program",
        ));
    }
    Ok(programs)
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
    Some(Program { name: format!("{package} {target}"), directory, executable })
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
