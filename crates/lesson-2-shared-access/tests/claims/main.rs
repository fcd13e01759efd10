//! The claims of lesson 2: one test each, whose name is the sentence in `lessons/`.
//! `just prove 2` runs them.
#![expect(clippy::unwrap_used, reason = "a test's helper fails by panicking")]

mod compiled;
mod inheriting;
mod ladder;
mod layered;
mod memfds;
mod objects;
mod publishing;
mod resizing;
mod seals;
mod sharing_meters;
mod times;
mod visibility;
mod write_seals;

use std::fs::File;
use std::path::Path;

use common::{Scratch, page_size};
use course::{Program, Running};

const PROGRAM: &str = env!("CARGO_BIN_EXE_lesson-2-shared-access");

/// A scenario of this lesson, in a fresh process whose working directory is the test's own.
fn scenario(name: &str, scratch: &Scratch) -> Program {
    Program::new(PROGRAM, ["scenario", name]).in_directory(scratch.path())
}

/// Another process that maps the file at `path` and obeys lines.
fn second(path: &Path) -> Running {
    let mut second = Program::new(PROGRAM, ["second".as_ref(), path.as_os_str()]).start();
    assert_eq!(second.hear(), "ready");
    second
}

/// The second process's answer to one order.
fn ask(second: &mut Running, order: &str) -> String {
    second.tell(order);
    second.hear()
}

/// A new file of `pages` pages of zeros.
fn new_file(scratch: &Scratch, name: &str, pages: usize) -> File {
    let mut options = File::options();
    let file = options.read(true).write(true).create_new(true).open(scratch.path().join(name));
    let file = file.unwrap();
    file.set_len((pages * page_size()) as u64).unwrap();
    file
}
