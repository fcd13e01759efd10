//! What a member of a family did last, and how it goes on.

use nix::unistd::Pid;

use super::Ending;

/// What a member of the family did last. Except after the last two it is stopped: it goes on when
/// [`Family::resume`](super::Family::resume) says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Is at the entry or the exit of a system call: `observe::Call` tells.
    Call(Pid),
    /// Is about to get a signal: resume it with the signal, or with 0 and it never was.
    Signal(Pid, i32),
    /// Has become another program.
    Executed(Pid),
    /// Is new, a process or a thread, and has not executed an instruction yet.
    Born(Pid),
    /// Is about to end, its memory and descriptors still there.
    Ending(Pid),
    /// Has ended, and was reaped.
    Ended(Pid, Ending),
}

impl Stop {
    /// Whose stop it is.
    #[must_use]
    pub fn pid(self) -> Pid {
        match self {
            Self::Call(pid) | Self::Signal(pid, _) | Self::Executed(pid) => pid,
            Self::Born(pid) | Self::Ending(pid) | Self::Ended(pid, _) => pid,
        }
    }
}

/// How a stopped member goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// To its next signal or event.
    Freely,
    /// To its next system call's entry or exit.
    ToCall,
    /// For one instruction.
    Step,
}
