//! A second process: this program again, in another role, talking in lines over pipes.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::{env, ffi::OsStr};

use nix::sys::{prctl::set_pdeathsig, signal::Signal};

use crate::{Context, Result};

/// A running second process and the pipes to and from it. Dropped, it is killed and waited for.
pub struct Peer {
    /// The process itself: its id, and `kill`.
    pub process: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts this binary again with `role` as its arguments.
    pub fn start<S: AsRef<OsStr>>(role: impl IntoIterator<Item = S>) -> Result<Self> {
        let program = env::current_exe().step("find this program")?;
        let mut command = Command::new(&program);
        command.args(role).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().step_on("start", &program)?;
        let from = process.stdout.take().unwrap_or_else(|| unreachable!("it was asked for"));
        Ok(Self { to: process.stdin.take(), process, from: BufReader::new(from) })
    }

    /// Hands the turn over: one line to the peer's standard input.
    pub fn tell(&mut self, line: &str) -> Result<()> {
        let told = self.to.as_mut().map(|to| writeln!(to, "{line}"));
        told.unwrap_or(Err(io::ErrorKind::NotConnected.into())).step("tell the second process")
    }

    /// Waits for the peer's next line. A peer that has ended says the empty one.
    pub fn hear(&mut self) -> Result<String> {
        let mut line = String::new();
        self.from.read_line(&mut line).step("hear the second process")?;
        Ok(line.trim_end().into())
    }

    /// Closes the peer's input and waits until it has ended.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        self.to = None;
        self.process.wait().step("wait for the second process")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill(); // It may have ended by itself.
        let _ = self.process.wait();
    }
}

/// Every role that another process starts calls this first: it dies with the one that started it.
pub fn end_with_parent() -> Result<()> {
    set_pdeathsig(Signal::SIGKILL).step("prctl PR_SET_PDEATHSIG")
}
