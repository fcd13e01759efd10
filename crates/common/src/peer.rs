//! A second process: this program again in another role. Both exchange lines through pipes.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{self, Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::{env, ffi::OsStr, os::unix::process::parent_id};

use nix::sys::{prctl::set_pdeathsig, signal::Signal, signal::raise};

use crate::{Context, Result};

/// A running second process and its pipes. Dropping the value kills the process and waits for it.
pub struct Peer {
    /// The process: its id, and `kill`.
    pub process: Child,
    // Taken out of `process`, because `wait` would close it: a child may have inherited the other end.
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts this program again with `role` as its arguments.
    pub fn start<S: AsRef<OsStr>>(role: impl IntoIterator<Item = S>) -> Result<Self> {
        let process =
            self_command()?.args(role).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = process.step("start the second process")?;
        let from = process.stdout.take().unwrap_or_else(|| unreachable!("it was asked for"));
        Ok(Self { to: process.stdin.take(), process, from: BufReader::new(from) })
    }

    /// Writes one line to the standard input of the second process.
    pub fn tell(&mut self, line: &str) -> Result<()> {
        let told = self.to.as_mut().map(|to| writeln!(to, "{line}"));
        told.unwrap_or(Err(io::ErrorKind::NotConnected.into())).step("tell the second process")
    }

    /// Waits for the next line of the second process; empty if it has ended.
    pub fn hear(&mut self) -> Result<String> {
        self.from.by_ref().lines().next().unwrap_or(Ok("".into())).step("hear the second process")
    }

    /// Writes one line, then waits for the answer.
    pub fn ask(&mut self, line: &str) -> Result<String> {
        self.tell(line).and_then(|()| self.hear())
    }

    /// Kills the second process with SIGKILL and waits until it has ended. The pipes stay open, because
    /// a child of the second process may live on and use them.
    pub fn kill(&mut self) -> Result<ExitStatus> {
        self.process.kill().step("kill the second process")?;
        self.process.wait().step("wait for the second process")
    }

    /// Closes the input of the second process and waits until it has ended.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        self.to = None;
        self.process.wait().step("wait for the second process")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill().and_then(|()| self.process.wait()); // It may have ended already.
    }
}

/// A command that starts this program again. Its environment names the process that started it.
pub fn self_command() -> Result<Command> {
    let mut command = Command::new(env::current_exe().step("find this program")?);
    command.env("LESSON_PARENT", process::id().to_string());
    Ok(command)
}

/// Makes this process end when the process that started it ends. Every such role calls it first.
pub fn end_with_parent() -> Result<()> {
    set_pdeathsig(Signal::SIGKILL).step("prctl PR_SET_PDEATHSIG")?;
    // If the parent has ended before the call above, the kernel sends no signal.
    let orphan = env::var("LESSON_PARENT").is_ok_and(|id| id != parent_id().to_string());
    if orphan { raise(Signal::SIGKILL).step("end") } else { Ok(()) }
}
