//! Claims that a machine cannot show.

use std::io::{self, Write};
use std::thread;

use crate::program::Ended;

/// Says by name that the running test's claim cannot be shown on this machine, and why. The line goes to
/// standard error, past the test harness, which shows nothing of a test that passes.
///
/// Where `COURSE_CLAIMS` is `required`, as in CI, the test fails instead.
pub fn left_out(why: &str) {
    let claim = thread::current().name().unwrap_or("a test").to_owned();
    let text = format!("NOT RUN: {claim}: {why}\n");
    let required = std::env::var_os("COURSE_CLAIMS").is_some_and(|value| value == "required");
    assert!(!required, "COURSE_CLAIMS=required, so nothing may be left out: {text}");
    io::stderr().write_all(text.as_bytes()).expect("write to standard error");
}

/// What a scenario with mounts of its own has said. `None`, and [`left_out`], where this machine lets its
/// user mount nothing.
pub fn unless_mounts_are_refused(ended: Ended) -> Option<Ended> {
    let refused = ended.code == Some(1) && ended.stderr.contains("allows user namespaces");
    if !refused {
        return Some(ended);
    }
    left_out(ended.stderr.trim_end());
    None
}
