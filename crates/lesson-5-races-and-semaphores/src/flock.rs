//! `flock`: the owner is the open file description, and the lock covers the whole file.
//! `cargo lesson-5` shows it, and what a failed change from shared to exclusive costs.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::Path;

use common::{Context, Result, Stage, compare, say, sentence};

use crate::second_process::start_lock_caller;
use crate::{Attempt, Lock, sys};

/// A file that one open file description at a time can lock exclusively.
pub struct Flock(File);

impl Flock {
    /// Opens `path`; makes it if it is missing. A descriptor for reading would do, too.
    ///
    /// # Errors
    /// Those of `open`.
    pub fn open(path: &Path) -> Result<Self> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        Ok(Self(options.open(path).step_on("open", path)?))
    }

    fn call(&self, operation: libc::c_int) -> io::Result<()> {
        sys::file_locks::flock(self.0.as_raw_fd(), operation)
    }
}

impl Lock for Flock {
    fn lock(&mut self) -> io::Result<Attempt> {
        loop {
            match self.call(libc::LOCK_EX) {
                Ok(()) => return Ok(Attempt::Locked),
                // A signal handler ran: wait again.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn try_lock(&mut self) -> io::Result<Attempt> {
        match self.call(libc::LOCK_EX | libc::LOCK_NB) {
            Ok(()) => Ok(Attempt::Locked),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Attempt::Busy),
            Err(error) => Err(error),
        }
    }

    fn unlock(&mut self) -> io::Result<()> {
        self.call(libc::LOCK_UN)
    }
}

impl AsFd for Flock {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The step of the story.
///
/// # Errors
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("flock");
    let mut a = Flock::open(&path)?;
    let mut b = start_lock_caller(&path)?;
    compare("A locks: ", a.lock().step("flock")?, "locked")?;
    compare("    B tries: ", b.ask("flock d LOCK_EX|LOCK_NB")?, "EAGAIN")?;
    compare("    B takes a record lock: ", b.ask("F_SETLK d F_WRLCK 0 0")?, "ok")?;
    sentence("flock and record locks do not see each other.")?;
    a.call(libc::LOCK_SH).step("flock")?;
    say!("   A changes its lock to shared")?;
    compare("    B takes a shared lock: ", b.ask("flock d LOCK_SH|LOCK_NB")?, "ok")?;
    compare("A tries an exclusive lock: ", a.try_lock().step("flock")?, "busy")?;
    compare("    B tries an exclusive lock: ", b.ask("flock d LOCK_EX|LOCK_NB")?, "ok")?;
    sentence("A's failed attempt has released A's shared lock.")
}
