//! The actors of the claims about file locks: fresh processes that make the calls that a test tells.
#![expect(clippy::unwrap_used, reason = "an actor fails by panicking, as the claim would")]

use course::{Ended, Program, Running};
use lesson_5_races_and_semaphores::second_process::until_waiting_in;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;

/// A process that holds nothing except what the claim tells it to lock.
pub(crate) struct Actor(Running);

/// An actor in the test's own directory, with nothing open.
pub(crate) fn actor(scratch: &common::Scratch) -> Actor {
    let program = env!("CARGO_BIN_EXE_lesson-5-races-and-semaphores");
    Actor(Program::new(program, ["scenario", "actor"]).in_directory(scratch.path()).start())
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

/// What another process finds when the descriptor of a lock is closed and only a mapping is left. A
/// mapping keeps the open file description, except on overlayfs, which maps the file of a layer.
pub(crate) fn after_close(scratch: &common::Scratch) -> &'static str {
    match course::file_system(scratch.path()) {
        "overlayfs" => "ok",
        _ => "EAGAIN",
    }
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

    /// Gives it a call that has to wait, and returns once it waits.
    pub(crate) fn waits(&mut self, line: &str) {
        self.0.tell(line);
        self.until_waiting(line);
    }

    /// Returns once it waits in the call of `line`. The kernel searches for a deadlock before the
    /// wait, so from then on only an unlock or a signal can end the wait.
    pub(crate) fn until_waiting(&mut self, line: &str) {
        let call = if line.starts_with("flock") { libc::SYS_flock } else { libc::SYS_fcntl };
        until_waiting_in(self.0.id(), call).unwrap();
    }

    /// Returns once another thread of it waits in the call of `line`.
    pub(crate) fn until_a_thread_waits(&mut self, line: &str) {
        assert!(!line.starts_with("flock"));
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.id())).unwrap();
        let names = tasks.map(|task| task.unwrap().file_name().into_string().unwrap());
        let others: Vec<u32> =
            names.map(|name| name.parse().unwrap()).filter(|id| *id != self.0.id()).collect();
        assert_eq!(others.len(), 1, "{others:?}");
        until_waiting_in(others[0], libc::SYS_fcntl).unwrap();
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

    /// Stops it, and returns once it has stopped.
    pub(crate) fn stop(&self) {
        self.signal(Signal::SIGSTOP);
        let process = Pid::from_raw(self.0.id().try_into().unwrap());
        let status = waitpid(process, Some(WaitPidFlag::WUNTRACED)).unwrap();
        assert_eq!(status, WaitStatus::Stopped(process, Signal::SIGSTOP));
    }

    pub(crate) fn tell(&mut self, line: &str) {
        self.0.tell(line);
    }

    /// Kills it and waits for its death. Its input stays open for a child that it has forked.
    pub(crate) fn dies(&self) {
        self.signal(Signal::SIGKILL);
        let process = Id::Pid(Pid::from_raw(self.0.id().try_into().unwrap()));
        let status = waitid(process, WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT).unwrap();
        assert!(matches!(status, WaitStatus::Signaled(_, Signal::SIGKILL, _)), "{status:?}");
    }

    pub(crate) fn kill(self) -> Ended {
        self.0.kill()
    }

    /// Ends it by the end of its input, and waits for it.
    pub(crate) fn exit(self) -> Ended {
        self.0.end()
    }
}
