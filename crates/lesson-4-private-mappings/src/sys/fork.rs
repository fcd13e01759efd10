//! `fork`, and a line between parent and child. `cargo lesson-4` uses it.
//!
//! # Safety
//! [`fork`] copies only the calling thread. Locks that other threads held stay held in the child
//! for ever; so it refuses to run in a process that has more than one thread, and then the child
//! may do all that its parent could. It leaves by `_exit`: nothing of the parent's is dropped twice.
#![expect(unsafe_code, reason = "no crate wraps fork safely")]

use std::fs;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

/// One end of a conversation between a parent and its child, in single bytes.
pub struct Line(PipeReader, PipeWriter);

impl Line {
    /// Hands the turn over, with a byte of news.
    ///
    /// # Errors
    /// `EPIPE` if the other has ended.
    pub fn tell(&mut self, news: u8) -> io::Result<()> {
        self.1.write_all(&[news])
    }

    /// Waits for the turn.
    ///
    /// # Errors
    /// `UnexpectedEof` if the other has ended.
    pub fn hear(&mut self) -> io::Result<u8> {
        let mut news = [0];
        self.0.read_exact(&mut news)?;
        Ok(news[0])
    }
}

/// A forked child and the line to it. Dropped, it is killed and waited for.
pub struct Forked {
    /// Its process id.
    pub pid: Pid,
    line: Line,
    ended: bool,
}

/// `fork()`: the child, which has a copy of all of this process's memory, plays `role` and ends.
///
/// # Errors
/// `EAGAIN` if the user has too many processes (`RLIMIT_NPROC`), `ENOMEM` if the memory that the
/// two would need is not promised; `Other` if this process has more than one thread.
pub fn fork(role: impl FnOnce(&mut Line) -> io::Result<()>) -> io::Result<Forked> {
    if fs::read_dir("/proc/self/task")?.count() != 1 {
        return Err(io::Error::other("only a process with a single thread forks here"));
    }
    let (child_reads, to_child) = io::pipe()?;
    let (from_child, child_writes) = io::pipe()?;
    // SAFETY: there is no other thread, checked above: the child's memory is consistent.
    let result = unsafe { libc::fork() };
    match result {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            drop((to_child, from_child)); // Else the child would keep its own line open.
            let played = AssertUnwindSafe(|| {
                set_pdeathsig(Signal::SIGKILL)?;
                role(&mut Line(child_reads, child_writes))
            });
            let code = if matches!(catch_unwind(played), Ok(Ok(()))) { 0 } else { 1 };
            // SAFETY: it takes a number and does not return; no destructor of the parent's runs.
            unsafe { libc::_exit(code) }
        }
        pid => {
            Ok(Forked { pid: Pid::from_raw(pid), line: Line(from_child, to_child), ended: false })
        }
    }
}

impl Forked {
    /// Hands the turn to the child and waits until it hands it back, with a byte of news.
    ///
    /// # Errors
    /// `EPIPE` or `UnexpectedEof` if the child has ended.
    pub fn turn(&mut self) -> io::Result<u8> {
        self.line.tell(0)?;
        self.line.hear()
    }

    /// Waits for the child's news, without handing anything over.
    ///
    /// # Errors
    /// `UnexpectedEof` if the child has ended.
    pub fn hear(&mut self) -> io::Result<u8> {
        self.line.hear()
    }

    /// Hands the turn over for the last time and waits until the child has ended.
    ///
    /// # Errors
    /// `Other` if the child did not end by itself with success.
    pub fn end(mut self) -> io::Result<()> {
        self.line.tell(0)?;
        let ended = waitpid(self.pid, None)?;
        self.ended = true;
        match ended {
            WaitStatus::Exited(_, 0) => Ok(()),
            other => Err(io::Error::other(format!("the child ended so: {other:?}"))),
        }
    }
}

impl Drop for Forked {
    fn drop(&mut self) {
        if !self.ended {
            let _ = kill(self.pid, Signal::SIGKILL); // It may have ended, but its id is still its.
            let _ = waitpid(self.pid, None);
        }
    }
}
