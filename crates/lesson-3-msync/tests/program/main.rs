//! The lesson's commands as a person calls them: what they print, refuse, and leave behind.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod note;
mod power_cut;
mod refusals;
mod story;

use std::ffi::OsStr;

use common::Scratch;
use course::{Ended, Program};

fn lesson<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Program {
    Program::new(env!("CARGO_BIN_EXE_lesson-3-msync"), arguments)
}

/// A role on files of the test's own directory, by their bare names.
fn role(arguments: &str, scratch: &Scratch) -> Program {
    lesson(arguments.split(' ')).in_directory(scratch.path())
}

/// Exit status 1, nothing printed, and this one line of complaint.
fn assert_refused(ended: &Ended, complaint: &str) {
    let said = (ended.code, ended.stdout.as_str(), ended.stderr.as_str());
    assert_eq!(said, (Some(1), "", format!("error: {complaint}\n").as_str()));
}
