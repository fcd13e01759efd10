//! Record locks (`fcntl` with `F_SETLK`): the owner is the *process*, and the lock covers a range of
//! bytes. `cargo lesson-5` shows them. `ofd_locks.rs` has the same lock with a better owner.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use common::{Context, Result, Stage, compare, say, sentence};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};

use crate::second_process::{start_lock_caller, until_waiting_in};
use crate::{Attempt, Lock};

/// A file that one process at a time can lock for writing.
pub struct RecordLocks(File);

impl RecordLocks {
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

/// All bytes of a file, also those added later: length 0. `kind` is `F_RDLCK`, `F_WRLCK`, `F_UNLCK`.
#[expect(clippy::cast_possible_truncation, reason = "the kinds are 0, 1 and 2, the whence is 0")]
pub fn whole_file(kind: libc::c_int) -> libc::flock {
    let l_whence = libc::SEEK_SET as libc::c_short;
    libc::flock { l_type: kind as libc::c_short, l_whence, l_start: 0, l_len: 0, l_pid: 0 }
}

impl Lock for RecordLocks {
    fn lock(&mut self) -> io::Result<Attempt> {
        loop {
            match fcntl(&self.0, FcntlArg::F_SETLKW(&whole_file(libc::F_WRLCK))) {
                Ok(_) => return Ok(Attempt::Locked),
                Err(Errno::EINTR) => {} // A signal handler ran: wait again.
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn try_lock(&mut self) -> io::Result<Attempt> {
        match fcntl(&self.0, FcntlArg::F_SETLK(&whole_file(libc::F_WRLCK))) {
            Ok(_) => Ok(Attempt::Locked),
            // Linux says EAGAIN; POSIX allows EACCES as well.
            Err(Errno::EAGAIN | Errno::EACCES) => Ok(Attempt::Busy),
            Err(errno) => Err(errno.into()),
        }
    }

    fn unlock(&mut self) -> io::Result<()> {
        fcntl(&self.0, FcntlArg::F_SETLK(&whole_file(libc::F_UNLCK)))?;
        Ok(())
    }
}

impl AsFd for RecordLocks {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The step of the story.
///
/// # Errors
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("record-locks");
    let mut a = RecordLocks::open(&path)?;
    let mut b = start_lock_caller(&path)?;
    compare("A locks: ", a.lock().step("F_SETLKW")?, "locked")?;
    compare("    B tries: ", b.ask("F_SETLK d F_WRLCK 0 0")?, "EAGAIN")?;
    let found = b.ask("F_GETLK d F_WRLCK 0 0")?;
    let holder = format!("F_WRLCK SEEK_SET 0 0 {}", std::process::id());
    let holder = if found == holder { "process A" } else { &found };
    compare("    B asks for the holder: ", holder, "process A")?;
    compare("A locks again: ", a.try_lock().step("F_SETLK")?, "locked")?;
    sentence("The owner is the process, so a process never conflicts with its own lock.")?;
    b.tell("F_SETLKW d F_WRLCK 0 0")?;
    until_waiting_in(b.process.id(), libc::SYS_fcntl)?;
    say!("       B waits")?;
    a.unlock().step("F_SETLK")?;
    say!("   A unlocks")?;
    compare("    B locks: ", b.hear()?, "ok")
}
