//! The lesson's commands as a person calls them: output, exit status, refusals.

#[path = "program/ending.rs"]
mod ending;
#[path = "program/measuring.rs"]
mod measuring;
#[path = "program/refusing.rs"]
mod refusing;
#[path = "program/story.rs"]
mod story;
#[path = "program/watching.rs"]
mod watching;

use std::path::PathBuf;

use common::Scratch;
use course::{Ended, Program};

const PROGRAM: &str = env!("CARGO_BIN_EXE_lesson-2-shared-access");

/// `role` on the file `name` of this test's own directory, with `more` arguments.
fn role(role: &str, name: &str, more: &[&str], scratch: &Scratch) -> Program {
    Program::new(PROGRAM, [&[role, name], more].concat()).in_directory(scratch.path())
}

fn measure_once(scratch: &Scratch) -> String {
    role("measure", "thermometer", &["--count=1"], scratch).succeed()
}

fn path(scratch: &Scratch) -> PathBuf {
    scratch.path().join("thermometer")
}

/// A refusal: nothing but one line of error, and status 1.
#[track_caller]
fn assert_refused(ended: &Ended, line: &str) {
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), line), "{ended:?}");
}
