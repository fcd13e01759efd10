//! What this crate needs from whoever launches the processes.

use std::io;
use std::path::Path;
use std::time::Instant;

use common::{Failure, Result};
use nix::unistd::Pid;
use tracer::ProcessTree;

use crate::pages::Pages;

/// Where executions run: one program, one work directory.
pub trait Fixture: Sync {
    /// Empties the work directory, puts FILE there if there is to be one, and makes the
    /// value that starts the processes of one execution.
    ///
    /// # Errors
    /// Those of the file system, and of making a process tree.
    fn set_up(&self, file: Option<&[u8]>) -> Result<Box<dyn ActorProcesses + '_>>;

    /// The work directory: its files are watched.
    fn directory(&self) -> &Path;

    /// FILE's bytes now; none, if there is no FILE, or if it is no regular file.
    ///
    /// # Errors
    /// FILE cannot be looked at.
    fn file(&self) -> Result<Option<Vec<u8>>>;

    /// When all executions must be over.
    fn deadline(&self) -> Instant;

    /// Does a person look at the executions? Then source lines and pages are noted at each event, which
    /// takes time.
    fn is_for_a_page(&self) -> bool {
        false
    }

    /// Are loads from FILE noted, too? Then each of them traps, which takes time.
    fn traps_loads(&self) -> bool {
        false
    }

    /// FILE's pages now, in these processes, which are stopped; `None` if they cannot be seen.
    fn pages(&self, _processes: &[(String, Pid)]) -> Option<Pages> {
        None
    }
}

/// The processes of one execution: starts its actors, and owns their process tree. Dropped, it ends all of them.
pub trait ActorProcesses {
    /// Starts the program with these arguments, as a tracee that is stopped at its `execve`. If its seccomp filter
    /// `reports_calls`, [`Resume::ToReportedSyscall`](tracer::Resume::ToReportedSyscall) stops it.
    ///
    /// # Errors
    /// The program cannot be executed or traced.
    fn start(&mut self, arguments: &[&str], reports_calls: bool) -> Result<Pid>;

    /// The processes that it has started.
    fn tree(&mut self) -> &mut ProcessTree;

    /// Looks at once at how much of the disk the processes have taken.
    ///
    /// # Errors
    /// The look was refused.
    fn look_at_disk(&self) -> io::Result<()>;

    /// What a process has written to its standard output and its standard error.
    fn outputs(&self, pid: Pid) -> [Vec<u8>; 2];

    /// Starts an untraced process beside the first one. Only some implementations can do that.
    ///
    /// # Errors
    /// The program cannot be executed, or this execution traces all its processes.
    fn start_untraced(&mut self) -> Result<UntracedProcess> {
        let why = "all processes of this execution are traced";
        Err(Failure::refusal("start", Path::new("an untraced process"), why))
    }
}

/// An untraced process.
#[derive(Clone, Copy, Debug)]
pub struct UntracedProcess {
    /// The process.
    pub pid: Pid,
    /// The process that ends when all processes of the execution have ended. It succeeds if all of them have succeeded.
    pub all: Pid,
}
