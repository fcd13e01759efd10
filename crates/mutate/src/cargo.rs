//! Builds the changed claims, and says which changes do not compile.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Context, Failure, Result};
use serde_json::Value;

use crate::tree::Tree;

/// What cargo says about a build.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// The test programs, by package and name.
    pub(crate) programs: HashMap<(String, String), PathBuf>,
    /// Where the compiler found errors: file and line.
    pub(crate) errors: Vec<(String, usize)>,
    /// What the compiler says about them.
    pub(crate) said: String,
}

/// Builds the claims of `packages` in the copy.
pub(crate) fn build(tree: &Tree, packages: &BTreeSet<&str>) -> Result<Built> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args([
        "test",
        "--no-run",
        "--quiet",
        "--locked",
        "--no-fail-fast",
        "--message-format=json",
    ]);
    for package in packages {
        cargo.args(["--package", package]);
    }
    cargo.args(["--test", "claims*"]).current_dir(&tree.copy).stderr(Stdio::piped());
    cargo.env("CARGO_TARGET_DIR", &tree.target).env("CARGO_INCREMENTAL", "0");
    let output = cargo.output().step("start cargo")?;
    let built = read(&String::from_utf8_lossy(&output.stdout));
    if !output.status.success() && built.errors.is_empty() {
        let said = format!("{}{}", String::from_utf8_lossy(&output.stderr), built.said);
        return Err(Failure::refusal("build", &tree.copy, said));
    }
    Ok(built)
}

/// Reads cargo's messages.
fn read(messages: &str) -> Built {
    let mut built = Built::default();
    for message in messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        if message["reason"] == "compiler-artifact" && message["profile"]["test"] == true {
            built.programs.extend(program(&message));
        }
        if message["reason"] == "compiler-message" && message["message"]["level"] == "error" {
            let error = &message["message"];
            let spans = error["spans"].as_array().into_iter().flatten();
            built.errors.extend(spans.filter(|span| span["is_primary"] == true).filter_map(place));
            built.said.push_str(error["rendered"].as_str().unwrap_or_default());
        }
    }
    built
}

fn program(message: &Value) -> Option<((String, String), PathBuf)> {
    let executable = PathBuf::from(message["executable"].as_str()?);
    let package = Path::new(message["manifest_path"].as_str()?).parent()?.file_name()?;
    let name = message["target"]["name"].as_str()?.to_owned();
    Some(((package.to_string_lossy().into_owned(), name), executable))
}

/// Where an error is in the sources. An error in a macro is where the macro is called.
fn place(span: &Value) -> Option<(String, usize)> {
    let outer = &span["expansion"]["span"];
    if !outer.is_null() {
        return place(outer);
    }
    let line = usize::try_from(span["line_start"].as_u64()?).ok()?;
    Some((span["file_name"].as_str()?.to_owned(), line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_programs_and_the_lines_of_errors() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","manifest_path":"/c/crates/lesson-3-msync/Cargo.toml","target":{"name":"claims"},"profile":{"test":true},"executable":"/c/claims-1"}"#,
            "\n",
            r#"{"reason":"compiler-message","message":{"level":"error","rendered":"no","spans":[{"is_primary":true,"file_name":"/std/assert.rs","line_start":1,"expansion":{"span":{"file_name":"crates/a.rs","line_start":7,"expansion":null}}}]}}"#,
            "\n",
            r#"{"reason":"compiler-message","message":{"level":"warning","rendered":"hm","spans":[{"is_primary":true,"file_name":"b.rs","line_start":1,"expansion":null}]}}"#,
        );
        let built = read(messages);
        let program = ("lesson-3-msync".to_owned(), "claims".to_owned());
        assert_eq!(built.programs.get(&program), Some(&PathBuf::from("/c/claims-1")));
        assert_eq!(built.errors, [("crates/a.rs".to_owned(), 7)]);
        assert_eq!(built.said, "no");
    }
}
