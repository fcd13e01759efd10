//! What the test programs printed, as a value: which tests passed, failed or were left out.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::programs::Program;

/// The tests of one kernel on one file system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// How many tests passed.
    pub(crate) passed: usize,
    /// Tests that were left out, by name.
    pub(crate) left_out: Vec<String>,
    /// Tests that failed, by name, with the first line that they said.
    pub(crate) failed: BTreeMap<String, String>,
    /// Why nothing could run here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cannot: Option<String>,
}

impl Outcome {
    /// Reads what the guest wrote for one file system.
    ///
    /// # Errors
    /// The output of a test program is missing.
    pub(crate) fn read(directory: &Path, programs: &[Program]) -> Result<Self> {
        if directory.join("cannot").exists() {
            let said = fs::read_to_string(directory.join("prepare")).unwrap_or_default();
            let last = said.lines().last().unwrap_or("it cannot be mounted").to_owned();
            return Ok(Self { cannot: Some(last), ..Self::default() });
        }
        let mut outcome = Self::default();
        for (number, program) in programs.iter().enumerate() {
            let path = directory.join(format!("{number}.out"));
            let text = fs::read(&path).step_on("read the output of a test program", &path)?;
            outcome.add(&program.name, &String::from_utf8_lossy(&text));
        }
        Ok(outcome)
    }

    /// Adds the output of one test program.
    fn add(&mut self, program: &str, text: &str) {
        let mut ended = false;
        let mut status = None;
        for line in text.lines() {
            let result = line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... "));
            match result {
                Some((_, "ok")) => self.passed += 1,
                Some((test, "FAILED")) => {
                    drop(self.failed.insert(named(program, test), said(text, test)))
                }
                Some((test, how)) if how.starts_with("ignored") => {
                    self.left_out.push(named(program, test))
                }
                _ if line.starts_with("test result: ") => ended = true,
                _ => status = line.strip_prefix("exit status ").or(status),
            }
        }
        if !ended {
            let status = status.unwrap_or("unknown");
            let sentence = format!("the test program ended early, with exit status {status}");
            self.failed.insert(program.into(), sentence);
        }
    }
}

/// `lesson-3-msync: flushing::msync_writes`.
fn named(program: &str, test: &str) -> String {
    let package = program.split(' ').next().unwrap_or(program);
    format!("{package}: {}", test.trim_end_matches(" - should panic"))
}

/// The first line that a failed test said after its panic's place.
fn said(text: &str, test: &str) -> String {
    let mut lines = text.lines().skip_while(|line| *line != format!("---- {test} stdout ----"));
    let panicked = lines.find(|line| line.contains(" panicked at "));
    let first = panicked.and_then(|_| lines.next());
    first.unwrap_or("it said nothing").chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
running 3 tests
test a::one ... ok
test a::two ... FAILED
test b::three ... ignored, needs root

failures:

---- a::two stdout ----

thread 'a::two' (7) panicked at tests/claims/a.rs:3:5:
assertion failed: 1 == 2
note: run with `RUST_BACKTRACE=1`

test result: FAILED. 1 passed; 1 failed; 1 ignored
exit status 101
";

    #[test]
    fn each_test_is_counted_once_with_what_it_said() {
        let mut outcome = Outcome::default();
        outcome.add("lesson-1-x claims", TEXT);
        assert_eq!(outcome.passed, 1);
        assert_eq!(outcome.left_out, ["lesson-1-x: b::three"]);
        assert_eq!(outcome.failed["lesson-1-x: a::two"], "assertion failed: 1 == 2");
        assert_eq!(outcome.failed.len(), 1);
    }

    #[test]
    fn a_program_that_ends_early_has_failed() {
        let mut outcome = Outcome::default();
        outcome.add("lesson-4-y claims", "running 2 tests\ntest one ... ok\nexit status 135\n");
        assert!(outcome.failed["lesson-4-y claims"].contains("135"), "{outcome:?}");
    }
}
