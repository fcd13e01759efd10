//! The programs of lesson 1 as a person calls them: output, exit status, and effect on files.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod c_programs;
mod no_room;
mod reading;
mod refusals;
mod story;
mod writing;

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use common::Scratch;
use course::{Ended, Program};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson-1-mapping-a-file");

fn lesson(scratch: &Scratch, arguments: &[&str]) -> Program {
    Program::new(LESSON, arguments).in_directory(scratch.path())
}

fn run(scratch: &Scratch, arguments: &[&str]) -> Ended {
    lesson(scratch, arguments).run()
}

/// Creates the test's file with `bytes`. Its time of modification is long ago, so that any later
/// change of that time shows.
fn file(scratch: &Scratch, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = scratch.path().join("file");
    fs::write(&path, bytes).unwrap();
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
    path
}

/// `text`, filled up with zeros to 256 bytes.
fn padded(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(256, 0);
    bytes
}

/// Asserts one line on standard error, status 1, nothing on standard output, and no signal.
fn assert_refused(ended: &Ended, words: &str) {
    assert_eq!((ended.code, ended.signal), (Some(1), None), "{ended:?}");
    assert_eq!(ended.stdout, "", "{ended:?}");
    assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(words), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
}

/// Everything about a file that a failure must not change.
fn state(path: &Path) -> (Vec<u8>, [i64; 4], u32) {
    let found = fs::metadata(path).unwrap();
    let times = [found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec()];
    (fs::read(path).unwrap(), times, found.mode())
}
