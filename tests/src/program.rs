//! Runs programs for tests: in a fresh process, with a deadline, and reports how they ended.
//!
//! # Safety
//! The only unsafe code is a closure between `fork` and `exec`; it makes three system calls and
//! allocates nothing.
#![expect(unsafe_code, reason = "what a child does between fork and exec")]

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;

/// Much longer than any test takes on a loaded machine: it finds hangs, not slowness. The variable
/// `COURSE_PATIENCE` multiplies it where a processor is emulated.
fn deadline() -> Duration {
    let factor = std::env::var("COURSE_PATIENCE").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(30) * factor.unwrap_or(1)
}

/// A program and its arguments.
pub struct Program(Command);

/// A running program that exchanges lines with the test. Dropping the value kills it.
pub struct Running {
    child: Child,
    to: Option<ChildStdin>,
    from: Receiver<String>,
    errors: Receiver<String>,
}

/// How a program ended, and everything it said.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status; `None` if a signal killed it.
    pub code: Option<i32>,
    /// The signal that killed it.
    pub signal: Option<Signal>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Program {
    /// `path` with `arguments`: `Program::new(env!("CARGO_BIN_EXE_…"), ["read", "/nonexistent"])`.
    pub fn new<S: AsRef<OsStr>>(path: &str, arguments: impl IntoIterator<Item = S>) -> Self {
        let mut command = Command::new(path);
        command.args(arguments);
        Self(command)
    }

    /// Runs it in `directory`, so that a path can be a bare name.
    pub fn in_directory(mut self, directory: &Path) -> Self {
        self.0.current_dir(directory);
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Root runs it as `nobody`: root is exempt from modes and limits, and proofs are not. The
    /// working directory is entered before, so bare names work below directories of mode 0700.
    pub fn as_ordinary_user(mut self) -> Self {
        const NOBODY: libc::uid_t = 65534;
        let become_nobody = || {
            let done = |result| if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) };
            // SAFETY: an empty list needs no memory.
            done(unsafe { libc::setgroups(0, std::ptr::null()) })?;
            // SAFETY: takes numbers only.
            done(unsafe { libc::setresgid(NOBODY, NOBODY, NOBODY) })?;
            // SAFETY: takes numbers only.
            done(unsafe { libc::setresuid(NOBODY, NOBODY, NOBODY) })
        };
        if crate::is_root() {
            // SAFETY: the closure makes async-signal-safe system calls only.
            unsafe { self.0.pre_exec(become_nobody) };
        }
        self
    }

    /// Starts it, for a conversation in lines.
    pub fn start(mut self) -> Running {
        self.0.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.0.spawn().expect("start the program");
        let to = child.stdin.take();
        let from = lines(child.stdout.take().expect("standard output is piped"));
        let errors = lines(child.stderr.take().expect("standard error is piped"));
        Running { child, to, from, errors }
    }

    /// Runs it to its end.
    pub fn run(self) -> Ended {
        self.start().end()
    }

    /// Runs it to its end, which must be success; what it printed.
    pub fn succeed(self) -> String {
        let ended = self.run();
        assert_eq!(ended.code, Some(0), "the program must succeed: {ended:?}");
        ended.stdout
    }
}

/// Reads lines in a thread of their own, so that waiting for one can have a deadline.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return; // The test has stopped listening.
            }
        }
    });
    receiver
}

impl Running {
    /// Hands the turn over: one line to its standard input.
    pub fn tell(&mut self, line: &str) {
        writeln!(self.to.as_mut().expect("still open"), "{line}").expect("tell the program");
    }

    /// Its next line; panics if it ends or is silent until the deadline.
    pub fn hear(&mut self) -> String {
        self.from.recv_timeout(deadline()).unwrap_or_else(|error| {
            let errors = self.errors.try_iter().collect::<Vec<_>>().join("\n");
            panic!("no line from the program: {error}; it complained: {errors:?}")
        })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it with SIGKILL and reaps it.
    pub fn kill(mut self) -> Ended {
        self.child.kill().expect("kill the program");
        self.end()
    }

    /// Closes its input and waits for its end, which must come before the deadline.
    pub fn end(mut self) -> Ended {
        self.to = None;
        let stdout = rest(&self.from, &mut self.child);
        let stderr = rest(&self.errors, &mut self.child);
        let status = self.child.wait().expect("wait for the program");
        Ended { code: status.code(), signal: signal_of(status), stdout, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill(); // It may have ended.
        let _ = self.child.wait();
    }
}

/// Everything up to the end of a stream; a stream that does not end is a hang.
fn rest(from: &Receiver<String>, child: &mut Child) -> String {
    let mut text = String::new();
    loop {
        match from.recv_timeout(deadline()) {
            Ok(line) => text.push_str(&(line + "\n")),
            Err(mpsc::RecvTimeoutError::Disconnected) => return text,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let _ = child.kill(); // About to panic with the better reason.
                panic!("the program hung after saying {text:?}")
            }
        }
    }
}

fn signal_of(status: ExitStatus) -> Option<Signal> {
    status.signal().map(|number| Signal::try_from(number).expect("a signal with a name"))
}

impl Ended {
    /// What a scenario's line `name value` says; panics if there is none.
    pub fn value(&self, name: &str) -> &str {
        let mut lines = self.stdout.lines().filter_map(|line| line.split_once(' '));
        let found = lines.find(|(first, _)| *first == name);
        found.unwrap_or_else(|| panic!("no line {name:?} in {self:?}")).1
    }
}
