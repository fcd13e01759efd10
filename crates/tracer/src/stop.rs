//! Why a tracee has stopped, and how it goes on; the words are those of ptrace(2).

use std::fmt;

use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::Syscall;

/// What a tracee did last. Except after [`Exited`](Stop::Exited) it is stopped: it goes on when
/// [`ProcessTree::resume`](crate::ProcessTree::resume) says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Syscall-entry stop: it is about to make a call.
    SyscallEntry(Pid, Syscall),
    /// Syscall-exit stop: the call has returned.
    SyscallExit {
        /// Which tracee.
        pid: Pid,
        /// What the call returned: a negative errno if it failed.
        result: i64,
    },
    /// Signal-delivery stop: resume it with the signal, or with 0 and the signal is lost.
    Signal(Pid, i32),
    /// It has executed another program. A thread that executes takes its process's id.
    Executed {
        /// Which tracee.
        pid: Pid,
        /// Its id before.
        former: Pid,
    },
    /// It has made a process or a thread, which becomes a tracee too.
    NewTracee {
        /// Which tracee has made it.
        pid: Pid,
        /// What it has made.
        child: Pid,
        /// By `vfork`: the child shares its parent's memory.
        vfork: bool,
    },
    /// First stop of a new tracee: it has not executed an instruction yet.
    Started(Pid),
    /// Event stop after [`ProcessTree::interrupt`](crate::ProcessTree::interrupt).
    Interrupted(Pid),
    /// Group-stop: it has been stopped by a signal such as SIGSTOP. All processes of the run are killed
    /// for it: nobody would have continued it.
    GroupStop(Pid, i32),
    /// Exit stop: it is about to end, its memory and descriptors still there.
    Exiting(Pid),
    /// It has ended, and was reaped.
    Exited(Pid, Ending),
}

impl Stop {
    /// Whose stop it is.
    #[must_use]
    pub fn pid(self) -> Pid {
        match self {
            Self::SyscallEntry(pid, _)
            | Self::SyscallExit { pid, .. }
            | Self::Signal(pid, _)
            | Self::Executed { pid, .. }
            | Self::NewTracee { pid, .. }
            | Self::Started(pid)
            | Self::Interrupted(pid)
            | Self::GroupStop(pid, _)
            | Self::Exiting(pid)
            | Self::Exited(pid, _) => pid,
        }
    }
}

/// How a stopped tracee goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// To its next signal or event.
    Freely,
    /// To its next system call's entry or exit.
    ToSyscall,
    /// To the exit of the system call that it is in, or to the entry of the next one that its seccomp filter
    /// reports to the tracer, by [`REPORT_CALL`](crate::REPORT_CALL). Other calls do not stop it.
    ToReportedSyscall,
    /// For one instruction.
    Step,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this status.
    Exited(i32),
    /// Of this signal.
    Killed(i32),
}

impl Ending {
    /// What a wait status says of a process that has ended.
    #[must_use]
    pub fn of_status(status: i32) -> Self {
        match libc::WIFEXITED(status) {
            true => Self::Exited(libc::WEXITSTATUS(status)),
            false => Self::Killed(libc::WTERMSIG(status)),
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exit status {status}"),
            Self::Killed(number) => match Signal::try_from(*number) {
                Ok(signal) => write!(f, "died of {signal}"),
                Err(_) => write!(f, "died of signal {number}"),
            },
        }
    }
}
