//! `flock(2)`: one lock on the whole file, of the open file description, whatever it was opened for.
//! `cargo lesson-5` shows it, and what a failed upgrade costs.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::Path;

use common::{Context, Result, Stage, say};

use crate::second_process::SecondProcess;
use crate::{Attempt, Exclusion, sys};

/// A file that one open file description at a time may lock exclusively.
pub struct Flock(File);

impl Flock {
    /// Opens `path`; makes it if missing. To read would be enough for either kind of lock.
    ///
    /// # Errors
    /// `open`'s own.
    pub fn open(path: &Path) -> Result<Self> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        Ok(Self(options.open(path).step_on("open", path)?))
    }

    fn call(&self, operation: libc::c_int) -> io::Result<()> {
        sys::locks::flock(self.0.as_raw_fd(), operation)
    }
}

impl Exclusion for Flock {
    fn enter(&mut self) -> io::Result<Attempt> {
        loop {
            match self.call(libc::LOCK_EX) {
                Ok(()) => return Ok(Attempt::Entered),
                // A signal handler ran; that is no reason to give up.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn try_enter(&mut self) -> io::Result<Attempt> {
        match self.call(libc::LOCK_EX | libc::LOCK_NB) {
            Ok(()) => Ok(Attempt::Entered),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Attempt::Busy),
            Err(error) => Err(error),
        }
    }

    fn leave(&mut self) -> io::Result<()> {
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
/// Any step of the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("flock");
    let mut a = Flock::open(&path)?;
    let mut b = SecondProcess::start(&path)?;
    say!("   A enters: {:?} (expected Entered)", a.enter().step("flock")?)?;
    let tried = b.ask("flock d LOCK_EX|LOCK_NB")?;
    say!("       B tries: {tried} (expected EAGAIN; its other name: EWOULDBLOCK)")?;
    let record = b.ask("F_SETLK d F_WRLCK 0 0")?;
    say!("       B takes a record lock: {record} (expected ok: they do not see each other)")?;
    a.call(libc::LOCK_SH).step("flock")?;
    say!("   A makes its lock a shared one")?;
    say!("       B takes a shared one: {} (expected ok)", b.ask("flock d LOCK_SH|LOCK_NB")?)?;
    let upgrade = a.try_enter().step("flock")?;
    say!("   A tries to make its own exclusive again: {upgrade:?} (expected Busy)")?;
    say!("       B tries, too: {} (expected ok:", b.ask("flock d LOCK_EX|LOCK_NB")?)?;
    say!("         A's failed attempt has cost A the shared lock)")
}
