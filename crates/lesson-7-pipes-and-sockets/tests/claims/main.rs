//! The claims of lesson 7: one test each, named after the sentence in `lessons/`. `just prove 7` runs
//! them.
#![expect(clippy::expect_used, reason = "a helper of the tests fails by panicking")]

mod deaths;
mod pipes;
mod queues;
mod rings;
mod sockets;
mod words;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use course::{Ended, Program, scratch};

const PROGRAM: &str = env!("CARGO_BIN_EXE_lesson-7-pipes-and-sockets");

/// Plays a scenario of this lesson to its end, in a fresh process and an empty directory.
fn scenario(name: &str) -> Ended {
    let scratch = scratch();
    let ended = Program::new(PROGRAM, ["scenario", name]).in_directory(scratch.path()).run();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    ended
}

/// The same as an ordinary user.
fn ordinary_scenario(name: &str, other: &str) -> Ended {
    let scratch = scratch();
    let directory = scratch.path().join("ordinary");
    fs::create_dir(&directory).expect("make a directory");
    fs::set_permissions(&directory, Permissions::from_mode(0o777)).expect("open it to all");
    let program = Program::new(PROGRAM, ["scenario", name]).in_directory(&directory);
    let ended = program.env("OTHER", other).as_ordinary_user().run();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    ended
}
