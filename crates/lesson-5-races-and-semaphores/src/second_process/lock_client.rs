//! The second process B of the steps about file locks: this program again. It makes the lock calls
//! that process A tells it.

use std::path::Path;

use common::{Context, Failure, Peer, Result};

use super::until_waiting_in;

/// A process that has a file open as `d`. It answers each call with `ok` or the name of the error.
pub struct LockClient(Peer);

impl LockClient {
    /// Starts it, with `file` open for reading and writing as `d`.
    ///
    /// # Errors
    /// Those of the start; that it cannot open the file.
    pub fn start(file: &Path) -> Result<Self> {
        let mut process = Self(Peer::start(["scenario", "actor"])?);
        process.open("d", file)?;
        Ok(process)
    }

    /// Opens another file under another name.
    ///
    /// # Errors
    /// Those of the conversation; that it cannot open the file.
    pub fn open(&mut self, name: &str, file: &Path) -> Result<()> {
        match self.ask(&format!("open {name} both {}", file.display()))?.as_str() {
            "ok" => Ok(()),
            answer => Err(Failure::refusal("open in the second process", file, answer)),
        }
    }

    /// Lets it make a call; returns how the call ended.
    ///
    /// # Errors
    /// Those of the conversation.
    pub fn ask(&mut self, call: &str) -> Result<String> {
        self.tell(call)?;
        self.hear()
    }

    /// Lets it make a call that will wait.
    ///
    /// # Errors
    /// Those of the conversation.
    pub fn tell(&mut self, call: &str) -> Result<()> {
        self.0.tell(call)
    }

    /// Returns how that call ended.
    ///
    /// # Errors
    /// Those of the conversation.
    pub fn hear(&mut self) -> Result<String> {
        self.0.hear()
    }

    /// Returns once it waits in this system call.
    ///
    /// # Errors
    /// As [`until_waiting_in`].
    pub fn until_waiting_in(&self, call: libc::c_long) -> Result<()> {
        until_waiting_in(self.0.process.id(), call)
    }

    /// Kills it, and waits until it has ended.
    ///
    /// # Errors
    /// Those of `kill` and `wait`.
    pub fn kill(mut self) -> Result<()> {
        self.0.process.kill().step("kill the second process")?;
        self.0.wait().map(drop)
    }
}
