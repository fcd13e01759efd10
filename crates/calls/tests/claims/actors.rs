//! The actors of the claims about locks: fresh processes that make the calls that a test tells.

use std::fs::File;

use common::{Scratch, page_size};
use course::{Program, Running};
use lesson_5_races_and_semaphores::second_process::until_waiting_in;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::scenario;

/// A process that holds nothing except what the claim tells it to lock.
pub(crate) struct Actor(Running);

/// Actors with the same file of ten bytes open for reading and writing, each as `d`.
pub(crate) fn actors<const COUNT: usize>(scratch: &Scratch) -> [Actor; COUNT] {
    std::fs::write(scratch.path().join("file"), "0123456789").unwrap();
    [(); COUNT].map(|()| {
        let mut actor = Actor(scenario("actor", scratch).start());
        actor.does("open d both file");
        actor
    })
}

/// Actors that have mapped the same page, in which a semaphore or a mutex can be.
pub(crate) fn with_a_page<const COUNT: usize>(scratch: &Scratch) -> [Actor; COUNT] {
    let page = File::create(scratch.path().join("page")).unwrap();
    page.set_len(page_size() as u64).unwrap();
    [(); COUNT].map(|()| {
        let mut actor = Actor(scenario("actor", scratch).start());
        actor.does("page-map");
        actor
    })
}

/// An actor that is process 1 of a new PID namespace, with nothing open.
pub(crate) fn in_a_pid_namespace(scratch: &Scratch) -> Actor {
    let program = env!("CARGO_BIN_EXE_calls");
    let arguments = ["--pid", "--fork", "--kill-child", program, "scenario", "actor"];
    Actor(Program::new("unshare", arguments).in_directory(scratch.path()).start())
}

impl Actor {
    /// Gives it a command; returns the answer: `ok`, a value, or the name of an error.
    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.0.tell(line);
        self.0.hear()
    }

    /// Gives it a command that must succeed.
    pub(crate) fn does(&mut self, line: &str) {
        assert_eq!(self.ask(line), "ok", "{line}");
    }

    /// Gives it a call for a file lock that has to wait, and returns once it waits.
    pub(crate) fn waits(&mut self, line: &str) {
        self.0.tell(line);
        let call = if line.starts_with("flock") { libc::SYS_flock } else { libc::SYS_fcntl };
        until_waiting_in(self.0.id(), call).unwrap();
    }

    /// Gives it a call for a semaphore or a mutex that has to wait, and returns once it sleeps.
    pub(crate) fn sleeps(&mut self, line: &str) {
        self.0.tell(line);
        assert_eq!(self.0.hear(), "waiting");
        self.sleeps_on();
    }

    /// Returns once it sleeps in `futex`.
    pub(crate) fn sleeps_on(&self) {
        until_waiting_in(self.0.id(), libc::SYS_futex).unwrap();
    }

    /// Its next answer.
    pub(crate) fn hear(&mut self) -> String {
        self.0.hear()
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.0.id().try_into().unwrap()), signal).unwrap();
    }
}
