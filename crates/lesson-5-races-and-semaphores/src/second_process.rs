//! The second process of the lock rungs: this program again, making the lock calls it is told.

use std::path::Path;

use common::{Context, Failure, Peer, Result};

use crate::waiting;

/// A process that has opened a file as `d` and says how each call ended: `ok` or the error's name.
pub struct SecondProcess(Peer);

impl SecondProcess {
    /// Starts it, with `file` open for reading and writing as `d`.
    ///
    /// # Errors
    /// Of the start; that it cannot open the file.
    pub fn start(file: &Path) -> Result<Self> {
        let mut process = Self(Peer::start(["scene", "locks"])?);
        process.open("d", file)?;
        Ok(process)
    }

    /// Opens another file under another name.
    ///
    /// # Errors
    /// Of the conversation; that it cannot open the file.
    pub fn open(&mut self, name: &str, file: &Path) -> Result<()> {
        match self.ask(&format!("open {name} both {}", file.display()))?.as_str() {
            "ok" => Ok(()),
            answer => Err(Failure::refusal("open in the second process", file, answer)),
        }
    }

    /// Tells it a call and hears how it ended.
    ///
    /// # Errors
    /// Of the conversation.
    pub fn ask(&mut self, call: &str) -> Result<String> {
        self.tell(call)?;
        self.hear()
    }

    /// Tells it a call that is going to wait.
    ///
    /// # Errors
    /// Of the conversation.
    pub fn tell(&mut self, call: &str) -> Result<()> {
        self.0.tell(call)
    }

    /// Hears how such a call ended.
    ///
    /// # Errors
    /// Of the conversation.
    pub fn hear(&mut self) -> Result<String> {
        self.0.hear()
    }

    /// Returns when it waits in this system call.
    ///
    /// # Errors
    /// As [`waiting::until_waiting_in`].
    pub fn until_waiting_in(&self, call: libc::c_long) -> Result<()> {
        waiting::until_waiting_in(self.0.process.id(), call)
    }

    /// Kills it, and has waited for its end when it returns.
    ///
    /// # Errors
    /// `kill`'s and `wait`'s own.
    pub fn kill(mut self) -> Result<()> {
        self.0.process.kill().step("kill the second process")?;
        self.0.wait().map(drop)
    }
}
