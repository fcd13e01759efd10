//! `fork`, and the pipes between parent and child. `cargo lesson-4` uses it.
//!
//! # Safety
//! [`fork`] copies only the calling thread. A lock that another thread held would stay locked in the
//! child for ever. So [`fork`] refuses to run in a process with more than one thread; then the child
//! may do everything that its parent could. The child leaves by `_exit`, so it drops nothing that
//! belongs to the parent.
#![expect(unsafe_code, reason = "no crate wraps fork safely")]

use std::fs;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

/// The pipes to and from the other process, parent or child; a message is one byte.
pub struct Pipes(PipeReader, PipeWriter);

impl Pipes {
    /// Sends one byte.
    ///
    /// # Errors
    /// `EPIPE` if the other process has ended.
    pub fn send(&mut self, byte: u8) -> io::Result<()> {
        self.1.write_all(&[byte])
    }

    /// Waits for one byte.
    ///
    /// # Errors
    /// `UnexpectedEof` if the other process has ended.
    pub fn receive(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.0.read_exact(&mut byte)?;
        Ok(byte[0])
    }
}

/// A forked child and the pipes to it. Dropping it kills the child and waits for its end.
pub struct ForkedChild {
    /// Its process id.
    pub pid: Pid,
    pipes: Pipes,
    finished: bool,
}

/// `fork()`: the child, whose private memory is a copy of this process's, runs `role` and exits.
///
/// # Errors
/// `EAGAIN` if the user has too many processes (`RLIMIT_NPROC`), `ENOMEM` if the kernel refuses
/// to promise the memory for the child's copies; `Other` if this process has more than one thread.
pub fn fork(role: impl FnOnce(&mut Pipes) -> io::Result<()>) -> io::Result<ForkedChild> {
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
            drop((to_child, from_child)); // Else the child would not notice its parent's end.
            let outcome = AssertUnwindSafe(|| {
                set_pdeathsig(Signal::SIGKILL)?;
                role(&mut Pipes(child_reads, child_writes))
            });
            let code = if matches!(catch_unwind(outcome), Ok(Ok(()))) { 0 } else { 1 };
            // SAFETY: it takes a number and does not return; no destructor of the parent's runs.
            unsafe { libc::_exit(code) }
        }
        pid => Ok(ForkedChild {
            pid: Pid::from_raw(pid),
            pipes: Pipes(from_child, to_child),
            finished: false,
        }),
    }
}

impl ForkedChild {
    /// Lets the child run until it sends the next byte.
    ///
    /// # Errors
    /// `EPIPE` or `UnexpectedEof` if the child has ended.
    pub fn take_turn(&mut self) -> io::Result<u8> {
        self.pipes.send(0)?;
        self.pipes.receive()
    }

    /// Waits for the child's next byte.
    ///
    /// # Errors
    /// `UnexpectedEof` if the child has ended.
    pub fn receive(&mut self) -> io::Result<u8> {
        self.pipes.receive()
    }

    /// Lets the child run for the last time and waits until it has exited.
    ///
    /// # Errors
    /// `Other` if the child did not exit with status 0.
    pub fn finish(mut self) -> io::Result<()> {
        self.pipes.send(0)?;
        let ended = waitpid(self.pid, None)?;
        self.finished = true;
        match ended {
            WaitStatus::Exited(_, 0) => Ok(()),
            other => {
                Err(io::Error::other(format!("the child did not exit with status 0: {other:?}")))
            }
        }
    }
}

impl Drop for ForkedChild {
    fn drop(&mut self) {
        if !self.finished {
            let _ = kill(self.pid, Signal::SIGKILL); // Until `waitpid`, the id is the child's.
            let _ = waitpid(self.pid, None); // `drop` cannot return an error.
        }
    }
}
