//! The actors of the claims about file locks: fresh processes that make the calls they are told.
#![expect(clippy::unwrap_used, reason = "an actor fails by panicking, as the claim would")]

use course::{Ended, Program, Running};
use lesson_5_races_and_semaphores::waiting::until_waiting_in;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// A process that holds nothing but what the claim tells it to.
pub(crate) struct Actor(Running);

/// An actor in the test's own directory, with nothing open.
pub(crate) fn actor(scratch: &common::Scratch) -> Actor {
    let program = env!("CARGO_BIN_EXE_lesson-5-races-and-semaphores");
    Actor(Program::new(program, ["scene", "locks"]).in_directory(scratch.path()).start())
}

/// Two actors with the same file of ten bytes open for reading and writing, each as `d`.
pub(crate) fn two(scratch: &common::Scratch) -> (Actor, Actor) {
    file(scratch);
    let actors = (actor(scratch), actor(scratch));
    let (mut a, mut b) = actors;
    a.does("open d both file");
    b.does("open d both file");
    (a, b)
}

/// The file: ten bytes.
pub(crate) fn file(scratch: &common::Scratch) {
    std::fs::write(scratch.path().join("file"), "0123456789").unwrap();
}

/// What another finds when the descriptor of a lock is closed and only a mapping of it is left.
/// A mapping keeps the open file description, but overlayfs maps the file beneath.
pub(crate) fn after_close(scratch: &common::Scratch) -> &'static str {
    match course::file_system(scratch.path()) {
        "overlayfs" => "ok",
        _ => "EAGAIN",
    }
}

impl Actor {
    /// Tells it one line and hears its answer: `ok`, a value, or an error's name.
    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.0.tell(line);
        self.0.hear()
    }

    /// Tells it what must succeed.
    pub(crate) fn does(&mut self, line: &str) {
        assert_eq!(self.ask(line), "ok", "{line}");
    }

    /// Tells it a call that has to wait, and returns when it does.
    pub(crate) fn waits(&mut self, line: &str) {
        self.0.tell(line);
        self.until_waiting(line);
    }

    /// Returns when it waits in the call of `line`: from then on nothing but a release, a signal or
    /// the kernel's search for a deadlock, which comes before the wait, can end it.
    pub(crate) fn until_waiting(&mut self, line: &str) {
        let call = if line.starts_with("flock") { libc::SYS_flock } else { libc::SYS_fcntl };
        until_waiting_in(self.0.id(), call).unwrap();
    }

    pub(crate) fn hear(&mut self) -> String {
        self.0.hear()
    }

    pub(crate) fn id(&self) -> String {
        self.0.id().to_string()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.0.id().try_into().unwrap()), signal).unwrap();
    }

    /// Stops it, and has seen that it stopped.
    pub(crate) fn stop(&self) {
        self.signal(Signal::SIGSTOP);
        let process = Pid::from_raw(self.0.id().try_into().unwrap());
        let status = waitpid(process, Some(WaitPidFlag::WUNTRACED)).unwrap();
        assert_eq!(status, WaitStatus::Stopped(process, Signal::SIGSTOP));
    }

    pub(crate) fn kill(self) -> Ended {
        self.0.kill()
    }

    /// Ends it by the end of its input, and has waited for it.
    pub(crate) fn exit(self) -> Ended {
        self.0.end()
    }
}
