//! How much of a processor a thread has had, and how long it has stood in the queue for one.

use std::time::Duration;

use common::{Context, Result};
use nix::unistd::Pid;
use tracer::{LookRefused, read_text};

/// A thread's share of a processor. Both times are zero if the kernel does not tell them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    /// CPU time.
    pub(crate) ran: Duration,
    /// Time in the queue.
    pub(crate) queued: Duration,
}

impl Share {
    /// A thread's, so far.
    pub(crate) fn of(thread: Pid) -> Result<Self> {
        Self::told(thread, format!("/proc/{thread}/schedstat"))
    }

    /// That of the judge's own thread.
    pub(crate) fn of_this_thread() -> Result<Self> {
        Self::told(Pid::this(), "/proc/thread-self/schedstat".to_owned())
    }

    /// What has come since.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            ran: self.ran.saturating_sub(before.ran),
            queued: self.queued.saturating_sub(before.queued),
        }
    }

    fn told(process: Pid, path: String) -> Result<Self> {
        const STEP: &str = "look at how long a process has waited for a processor";
        let Some(told) = read_text(process, &path).step(STEP)? else {
            return Ok(Self::default());
        };
        let share =
            parsed(&told).ok_or_else(|| LookRefused::because(path, format!("it says {told:?}")));
        share.step(STEP)
    }
}

/// `RAN QUEUED TURNS`, in nanoseconds.
fn parsed(told: &str) -> Option<Share> {
    let mut times = told.split(' ').map(|field| field.parse().map(Duration::from_nanos).ok());
    Some(Share { ran: times.next()??, queued: times.next()?? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_the_first_two_numbers_of_schedstat() {
        let share = Share { ran: Duration::from_nanos(120), queued: Duration::from_nanos(30) };
        assert_eq!(parsed("120 30 4\n"), Some(share));
        assert_eq!(parsed("120"), None);
        assert_eq!(parsed("x 30 4"), None);
    }

    #[test]
    fn the_share_of_this_thread_can_be_read() {
        assert!(Share::of_this_thread().is_ok());
    }
}
