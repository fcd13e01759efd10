//! An observer: looks at the program while it is stopped.

use nix::unistd::Pid;
use tracer::Call;

use crate::verdict::Verdict;

/// Looks at a stopped process. What it returns as an error ends the run and is the check's verdict.
pub trait Observer {
    /// The process is about to make a call.
    ///
    /// # Errors
    /// The observer's own.
    fn entry(&mut self, _pid: Pid, _call: &Call) -> Verdict {
        Ok(())
    }

    /// The process has made a call; `call.result` is set.
    ///
    /// # Errors
    /// The observer's own.
    fn exit(&mut self, _pid: Pid, _call: &Call) -> Verdict {
        Ok(())
    }

    /// The process is about to get a signal. Whether it is the observer's own, and must not be delivered.
    ///
    /// # Errors
    /// The observer's own.
    fn signal(&mut self, _pid: Pid, _signal: i32) -> Verdict<bool> {
        Ok(false)
    }

    /// The process (or a thread of it) is about to end, its memory still there.
    ///
    /// # Errors
    /// The observer's own.
    fn ending(&mut self, _pid: Pid) -> Verdict {
        Ok(())
    }

    /// The program has ended: its first process is gone. Whether other processes that it has started go on.
    ///
    /// # Errors
    /// The observer's own.
    fn ended(&mut self, _others_go_on: bool) -> Verdict {
        Ok(())
    }
}

/// Does not look.
pub struct NoopObserver;

impl Observer for NoopObserver {}
