//! The files of the course as the checks see them. They are found by globbing, so that no list is kept
//! by hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{env, fs};

/// The number of lessons. A check that finds fewer has looked in the wrong place.
pub(crate) const LESSONS: usize = 7;

/// One lesson: `lesson-3-msync` is its crate, its package and its text.
pub(crate) struct Lesson {
    pub(crate) number: usize,
    pub(crate) name: String,
    /// Its crate's directory.
    pub(crate) directory: PathBuf,
    /// Its text's path.
    pub(crate) text: PathBuf,
}

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("tests/ is in the workspace").to_path_buf()
}

/// A file of the tree, as text.
pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("read {path:?}: {error}"))
}

/// Every lesson, in order.
pub(crate) fn lessons() -> Vec<Lesson> {
    let mut lessons: Vec<_> =
        entries(&root().join("crates")).into_iter().filter_map(lesson).collect();
    lessons.sort_by_key(|lesson| lesson.number);
    assert!(lessons.len() >= LESSONS, "found {} lessons in crates/", lessons.len());
    lessons
}

fn lesson(directory: PathBuf) -> Option<Lesson> {
    let name = file_name(&directory);
    let number = name.strip_prefix("lesson-")?.split('-').next()?.parse().ok()?;
    let text = root().join("lessons").join(format!("{name}.md"));
    Some(Lesson { number, name, directory, text })
}

/// The Rust files below `directory`, sorted, without the build directory and the exercises: a
/// half-written exercise must break nothing but its own check.
pub(crate) fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let exercises = root().join("crates/exercises");
    let mut files = Vec::new();
    for path in entries(directory) {
        if path.is_dir() && file_name(&path) != "target" && path != exercises {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Whether this is a program that tests the judge: written as a learner writes, and often wrong on
/// purpose.
pub(crate) fn is_answer(path: &Path) -> bool {
    let proof = root().join("crates/check/proof");
    path.parent().and_then(Path::parent) == Some(&proof)
}

/// Every Markdown file that a reader of the repository meets.
pub(crate) fn markdown_files() -> Vec<PathBuf> {
    let mut files = entries(&root());
    files.extend(entries(&root().join("lessons")));
    files.extend(entries(&root().join("lessons/ledger")));
    files.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    assert!(files.len() >= LESSONS + 2, "found only {files:?}");
    files
}

/// The lessons' programs as they were built, with the time at which each was.
pub(crate) fn built_programs() -> BTreeMap<PathBuf, SystemTime> {
    let here = env::current_exe().expect("this test's own path");
    let directory = here.ancestors().nth(2).expect("target/debug/deps/checks-…");
    let is_lesson =
        |path: &PathBuf| file_name(path).starts_with("lesson-") && path.extension().is_none();
    let built = |path: PathBuf| {
        let modified =
            fs::metadata(&path).and_then(|found| found.modified()).expect("stat a program");
        (path, modified)
    };
    entries(directory).into_iter().filter(is_lesson).map(built).collect()
}

/// A path relative to the root, for messages.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

pub(crate) fn entries(directory: &Path) -> Vec<PathBuf> {
    let listing =
        fs::read_dir(directory).unwrap_or_else(|error| panic!("list {directory:?}: {error}"));
    listing.map(|entry| entry.expect("list a directory").path()).collect()
}
