//! Budgets: what is to stay small says so when it grows.

use std::path::Path;

use crate::assert_none;
use crate::workspace::{read, root, rust_files, shown};

/// Lines of code in `common`; blank lines, comments and its tests are free.
const MOST_IN_COMMON: usize = 200;
/// Lines of any one file: past this it holds two ideas.
const MOST_IN_A_FILE: usize = 250;

#[test]
fn common_stays_small() {
    let files = rust_files(&root().join("crates/common/src"));
    let lines: usize = files.iter().map(|file| lines_of_code(&read(file))).sum();
    assert!(lines > 100, "looked in the wrong place: {files:?}");
    assert!(lines <= MOST_IN_COMMON, "common has {lines} lines of code");
}

#[test]
fn common_neither_maps_nor_is_unsafe() {
    let library = read(&root().join("crates/common/src/lib.rs"));
    assert!(library.contains("#![forbid(unsafe_code)]"));
    for file in rust_files(&root().join("crates/common")) {
        assert!(!read(&file).contains("mmap("), "{file:?} maps");
    }
}

#[test]
fn no_file_holds_two_ideas() {
    let mut files = rust_files(&root().join("crates"));
    files.extend(rust_files(&root().join("tests")));
    let problems = files.iter().filter_map(|file| too_long(file, &read(file)));
    assert_none(&problems.collect::<Vec<_>>());
}

#[test]
fn a_file_that_is_too_long_is_found() {
    let path = Path::new("x.rs");
    assert_eq!(too_long(path, &"fn f() {}\n".repeat(MOST_IN_A_FILE)), None);
    assert!(too_long(path, &"fn f() {}\n".repeat(MOST_IN_A_FILE + 1)).is_some());
    assert_eq!(lines_of_code("//! Doc.\n\n/// Doc.\nfn f() {\n    // Why.\n}\n"), 2);
}

fn too_long(path: &Path, source: &str) -> Option<String> {
    let lines = source.lines().count();
    (lines > MOST_IN_A_FILE).then(|| format!("{} has {lines} lines", shown(path)))
}

fn lines_of_code(source: &str) -> usize {
    let code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
    source.lines().filter(code).count()
}
