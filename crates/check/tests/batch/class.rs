//! A class of students, and what a batch says of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::root;
use serde_json::Value;
use tempfile::TempDir;

/// The judge.
pub(crate) const CHECK: &str = env!("CARGO_BIN_EXE_check");

/// A class in a directory of its own.
pub(crate) struct Class {
    directory: TempDir,
}

impl Class {
    pub(crate) fn new() -> Self {
        let class = Self { directory: tempfile::tempdir().expect("make a directory") };
        fs::create_dir(class.students()).expect("mkdir");
        class
    }

    pub(crate) fn students(&self) -> PathBuf {
        self.directory.path().join("students")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A file in a student's folder.
    pub(crate) fn hand_in(&self, student: &str, name: &str, content: &str) -> PathBuf {
        let folder = self.students().join(student);
        fs::create_dir_all(&folder).expect("mkdir");
        let path = folder.join(name);
        fs::write(&path, content).expect("write");
        path
    }

    /// A program that is judged in no time: it always fails.
    pub(crate) fn hand_in_script(&self, student: &str, name: &str, status: u8) {
        let path = self.hand_in(
            student,
            name,
            &format!("#!/bin/sh\necho usage: none >&2\nexit {status}\n"),
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("chmod");
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(CHECK);
        command.arg("--batch").arg(self.students()).args(arguments).stdin(Stdio::null());
        command
    }

    pub(crate) fn judged(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("run the batch")
    }
}

pub(crate) fn lines(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

pub(crate) fn complaints(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// An answer of the proof as one file, without `#include "…"`.
pub(crate) fn answer(name: &str) -> String {
    let path = root().expect("the checkout").join("crates/check/proof").join(name);
    let text = fs::read_to_string(&path).expect("read an answer");
    let line = |line: &str| match line.strip_prefix("#include \"") {
        Some(rest) => {
            let directory = Path::new(name).parent().expect("a directory");
            answer(directory.join(rest.trim_end_matches('"')).to_str().expect("UTF-8"))
        }
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// A line as JSON, without what differs from run to run.
pub(crate) fn told(line: &str) -> Value {
    let mut value: Value = serde_json::from_str(line).expect("a line is JSON");
    if value["report"].is_object() {
        for check in value["report"]["checks"].as_array_mut().expect("checks") {
            check["milliseconds"] = 0.into();
        }
        value["report"]["totals"]["milliseconds"] = 0.into();
        value["report"]["program"] = "".into();
    }
    value
}
