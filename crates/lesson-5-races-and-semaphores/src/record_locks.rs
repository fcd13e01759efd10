//! Record locks, `fcntl(2)`'s `F_SETLK`: the lock belongs to the *process* and to a range of bytes.
//! `cargo lesson-5` shows them; `ofd_locks.rs` repairs what is wrong with whom they belong to.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use common::{Context, Result, Stage, say};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};

use crate::second_process::SecondProcess;
use crate::{Attempt, Exclusion};

/// A file that one process at a time may lock for writing.
pub struct RecordLocks(File);

impl RecordLocks {
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

/// Every byte of a file, however far it grows: length 0. `kind` is `F_RDLCK`, `F_WRLCK`, `F_UNLCK`.
#[expect(clippy::cast_possible_truncation, reason = "the kinds are 0, 1 and 2, the whence is 0")]
pub fn whole_file(kind: libc::c_int) -> libc::flock {
    let l_whence = libc::SEEK_SET as libc::c_short;
    libc::flock { l_type: kind as libc::c_short, l_whence, l_start: 0, l_len: 0, l_pid: 0 }
}

impl Exclusion for RecordLocks {
    fn enter(&mut self) -> io::Result<Attempt> {
        loop {
            match fcntl(&self.0, FcntlArg::F_SETLKW(&whole_file(libc::F_WRLCK))) {
                Ok(_) => return Ok(Attempt::Entered),
                Err(Errno::EINTR) => {} // A signal handler ran; that is no reason to give up.
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn try_enter(&mut self) -> io::Result<Attempt> {
        match fcntl(&self.0, FcntlArg::F_SETLK(&whole_file(libc::F_WRLCK))) {
            Ok(_) => Ok(Attempt::Entered),
            // Linux says EAGAIN; POSIX allows EACCES as well.
            Err(Errno::EAGAIN | Errno::EACCES) => Ok(Attempt::Busy),
            Err(errno) => Err(errno.into()),
        }
    }

    fn leave(&mut self) -> io::Result<()> {
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
/// Any step of the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("record-locks");
    let mut a = RecordLocks::open(&path)?;
    let mut b = SecondProcess::start(&path)?;
    say!("   A enters: {:?} (expected Entered)", a.enter().step("F_SETLKW")?)?;
    say!("       B tries: {} (expected EAGAIN)", b.ask("F_SETLK d F_WRLCK 0 0")?)?;
    let found = b.ask("F_GETLK d F_WRLCK 0 0")?;
    let expected = format!("F_WRLCK SEEK_SET 0 0 {}", std::process::id());
    let holder = if found == expected { "A's process" } else { &found };
    say!("       B asks for the holder's process: {holder} (expected A's process)")?;
    let again = a.try_enter().step("F_SETLK")?;
    say!("   A enters again: {again:?} (expected Entered: nothing stops a process in itself)")?;
    b.tell("F_SETLKW d F_WRLCK 0 0")?;
    b.until_waiting_in(libc::SYS_fcntl)?;
    say!("       B waits")?;
    a.leave().step("F_SETLK")?;
    say!("   A leaves")?;
    say!("       B is in: {} (expected ok)", b.hear()?)
}
