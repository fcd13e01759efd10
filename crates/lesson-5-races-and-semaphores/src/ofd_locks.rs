//! OFD locks (`fcntl` with `F_OFD_SETLK`): the owner is the *open file description*, the kernel's
//! record of one `open`. The lock covers a range of bytes. `cargo lesson-5` shows them.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use common::{Context, Result, Stage, compare, say, sentence};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};

use crate::record_locks::whole_file;
use crate::second_process::start_lock_caller;
use crate::{Attempt, Lock};

/// A file that one open file description at a time can lock for writing.
pub struct OfdLocks(File);

impl OfdLocks {
    /// Opens `path`; makes it if it is missing. A write lock needs a descriptor for writing.
    ///
    /// # Errors
    /// Those of `open`.
    pub fn open(path: &Path) -> Result<Self> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        Ok(Self(options.open(path).step_on("open", path)?))
    }
}

impl Lock for OfdLocks {
    fn lock(&mut self) -> io::Result<Attempt> {
        loop {
            match fcntl(&self.0, FcntlArg::F_OFD_SETLKW(&whole_file(libc::F_WRLCK))) {
                Ok(_) => return Ok(Attempt::Locked),
                Err(Errno::EINTR) => {} // A signal handler ran: wait again.
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn try_lock(&mut self) -> io::Result<Attempt> {
        match fcntl(&self.0, FcntlArg::F_OFD_SETLK(&whole_file(libc::F_WRLCK))) {
            Ok(_) => Ok(Attempt::Locked),
            // Linux says EAGAIN; POSIX allows EACCES as well.
            Err(Errno::EAGAIN | Errno::EACCES) => Ok(Attempt::Busy),
            Err(errno) => Err(errno.into()),
        }
    }

    fn unlock(&mut self) -> io::Result<()> {
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
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("ofd-locks");
    let mut a = OfdLocks::open(&path)?;
    let mut again = OfdLocks::open(&path)?;
    let mut b = start_lock_caller(&path)?;
    compare("A locks: ", a.lock().step("F_OFD_SETLKW")?, "locked")?;
    compare("A opens again, tries: ", again.try_lock().step("F_OFD_SETLK")?, "busy")?;
    compare("    B tries: ", b.ask("F_OFD_SETLK d F_WRLCK 0 0")?, "EAGAIN")?;
    let found = b.ask("F_GETLK d F_WRLCK 0 0")?;
    let holder = found.rsplit(' ').next().unwrap_or_default();
    compare("    B asks for the holder: ", holder, "-1")?;
    sentence("-1: no process owns the lock. The owner is the open file description.")?;
    a.unlock().step("F_OFD_SETLK")?;
    say!("   A unlocks")?;
    compare("    B tries: ", b.ask("F_OFD_SETLK d F_WRLCK 0 0")?, "ok")
}
