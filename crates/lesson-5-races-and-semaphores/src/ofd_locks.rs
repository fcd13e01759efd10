//! Open file description locks, `F_OFD_SETLK`: the same ranges, but the lock belongs to the *open
//! file description*, what one `open` made. `cargo lesson-5` shows them.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use common::{Context, Result, Stage, say};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};

use crate::record_locks::whole_file;
use crate::second_process::SecondProcess;
use crate::{Attempt, Exclusion};

/// A file that one open file description at a time may lock for writing.
pub struct OfdLocks(File);

impl OfdLocks {
    /// Opens `path` for reading and writing, which a write lock asks for; makes it if missing.
    ///
    /// # Errors
    /// `open`'s own.
    pub fn open(path: &Path) -> Result<Self> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        Ok(Self(options.open(path).step_on("open", path)?))
    }
}

impl Exclusion for OfdLocks {
    fn enter(&mut self) -> io::Result<Attempt> {
        loop {
            match fcntl(&self.0, FcntlArg::F_OFD_SETLKW(&whole_file(libc::F_WRLCK))) {
                Ok(_) => return Ok(Attempt::Entered),
                Err(Errno::EINTR) => {} // A signal handler ran; that is no reason to give up.
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn try_enter(&mut self) -> io::Result<Attempt> {
        match fcntl(&self.0, FcntlArg::F_OFD_SETLK(&whole_file(libc::F_WRLCK))) {
            Ok(_) => Ok(Attempt::Entered),
            // Linux says EAGAIN; POSIX allows EACCES as well.
            Err(Errno::EAGAIN | Errno::EACCES) => Ok(Attempt::Busy),
            Err(errno) => Err(errno.into()),
        }
    }

    fn leave(&mut self) -> io::Result<()> {
        fcntl(&self.0, FcntlArg::F_OFD_SETLK(&whole_file(libc::F_UNLCK)))?;
        Ok(())
    }
}

impl AsFd for OfdLocks {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The step of the story.
///
/// # Errors
/// Any step of the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("ofd-locks");
    let mut a = OfdLocks::open(&path)?;
    let mut again = OfdLocks::open(&path)?;
    let mut b = SecondProcess::start(&path)?;
    say!("   A enters: {:?} (expected Entered)", a.enter().step("F_OFD_SETLKW")?)?;
    let tried = again.try_enter().step("F_OFD_SETLK")?;
    say!("   A tries by a second open of its own: {tried:?} (expected Busy)")?;
    say!("       B tries: {} (expected EAGAIN)", b.ask("F_OFD_SETLK d F_WRLCK 0 0")?)?;
    let found = b.ask("F_GETLK d F_WRLCK 0 0")?;
    let holder = found.rsplit(' ').next().unwrap_or_default();
    say!("       B asks for the holder's process: {holder} (expected -1: no process owns it)")?;
    a.leave().step("F_OFD_SETLK")?;
    say!("   A leaves")?;
    say!("       B tries: {} (expected ok)", b.ask("F_OFD_SETLK d F_WRLCK 0 0")?)
}
