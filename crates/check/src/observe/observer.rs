//! Somebody who looks while the program runs, at moments at which it is stopped.

use nix::unistd::Pid;

use super::Call;
use crate::exercises::Verdict;

/// Looks at a stopped process. What it returns as an error ends the run and is the check's verdict.
pub trait Observer {
    /// Whether the process is to stop at its calls: without, it runs at its own speed, and nothing is
    /// known of them.
    fn sees_calls(&self) -> bool {
        true
    }

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

    /// The process (or a thread of it) is about to end, its memory still there.
    ///
    /// # Errors
    /// The observer's own.
    fn ending(&mut self, _pid: Pid) -> Verdict {
        Ok(())
    }
}

/// Does not look.
pub struct Nobody;

impl Observer for Nobody {}

/// Does not look, and does not want to know of any call.
pub struct Nothing;

impl Observer for Nothing {
    fn sees_calls(&self) -> bool {
        false
    }
}
