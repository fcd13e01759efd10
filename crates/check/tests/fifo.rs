//! A program that waits for the other end of a FIFO in vain is ended at once, and no other program is.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::path::Path;
use std::process::Command;

use check::observe::{self, NoopObserver, Run};
use check::verdict::CheckError;
use course::scratch;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use sandbox::{SEARCH_PATH, Sandbox, Start, WorkDirectory, launch_by};
use tracer::{Ending, LimitExceeded, Limits};

/// A program's run in a directory with a FIFO.
fn run(program: &str, arguments: &[&str]) -> Run {
    launch_by(env!("CARGO_BIN_EXE_check"));
    let scratch = scratch();
    let directory = WorkDirectory::new(&scratch, "work").expect("make a directory");
    let fifo = directory.path().join("FIFO");
    mkfifo(&fifo, Mode::S_IRUSR | Mode::S_IWUSR).expect("mkfifo");
    directory.hand_over(Path::new("FIFO")).expect("chown");
    let mut sandbox = Sandbox::new(&directory, Limits::default(), true).expect("make a sandbox");
    let start = Start::new(Path::new(program), arguments.iter().copied());
    match observe::run_with_fifos(&mut sandbox, &start, &mut NoopObserver) {
        Ok(run) => run,
        Err(CheckError::Fault(failure)) => panic!("{failure}"),
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn a_program_that_nobody_can_wake_is_ended_at_once() {
    for command in ["exec cat FIFO", "exec cat < FIFO", "echo > FIFO"] {
        let seen = run("/bin/sh", &["-c", command]);
        assert_eq!(seen.limit_exceeded, Some(LimitExceeded::Fifo), "{command}: {seen:?}");
    }
}

#[test]
fn two_processes_that_open_both_ends_go_on() {
    let seen = run("/bin/sh", &["-c", "(sleep 0.1; echo a line > FIFO) & cat FIFO"]);
    assert_eq!((seen.limit_exceeded, seen.ending), (None, Ending::Exited(0)), "{seen:?}");
    assert_eq!(seen.stdout.text(), "a line\n");
}

#[test]
fn a_program_whose_timer_ends_its_wait_goes_on() {
    let finds_python = Command::new("python3").env("PATH", SEARCH_PATH).arg("--version").output();
    if finds_python.is_err() {
        return; // Without Python, nothing here has a timer.
    }
    const PROGRAM: &str = "import signal, sys\n\
        signal.signal(signal.SIGALRM, lambda *_: sys.exit(7))\n\
        signal.setitimer(signal.ITIMER_REAL, 0.2)\n\
        open('FIFO')";
    let seen = run("/usr/bin/env", &["python3", "-c", PROGRAM]);
    assert_eq!((seen.limit_exceeded, seen.ending), (None, Ending::Exited(7)), "{seen:?}");
}
