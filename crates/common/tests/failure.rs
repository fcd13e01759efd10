//! An error names its step and its file, in the system's words, and keeps the error number.

use std::fs::File;
use std::path::Path;

use common::{Context, Failure};

#[test]
fn a_failure_names_step_file_and_the_systems_words_and_keeps_the_errno() {
    let path = Path::new("/dev/null/x");
    let failure = File::open(path).map(|_| ()).step_on("open", path).unwrap_err();
    let words = "open \"/dev/null/x\": Not a directory (os error 20)";
    assert_eq!(failure.to_string(), words);
    assert_eq!(failure.errno(), Some(nix::libc::ENOTDIR));
}

#[test]
fn a_refusal_is_no_error_of_the_systems() {
    let failure = Failure::refusal("read", Path::new("cat.png"), "not a file of this lesson");
    assert_eq!(failure.to_string(), "read \"cat.png\": not a file of this lesson");
    assert_eq!(failure.errno(), None);
}

#[test]
fn a_file_name_cannot_break_the_line() {
    let failure = Failure::refusal("read", Path::new("a\nb"), "no");
    assert_eq!(failure.to_string().lines().count(), 1);
}
