//! How much of a processor a thread has had, and how long it has stood in the queue for one.

use std::io;
use std::time::Duration;

use nix::unistd::Pid;

use crate::look::{LookRefused, read_text};

/// A thread's share of a processor. Both times are zero if the kernel does not tell them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// CPU time.
    pub ran: Duration,
    /// Time in the queue.
    pub queued: Duration,
}

impl Share {
    /// A thread's, so far. None of a thread that has ended.
    ///
    /// # Errors
    /// As [`look()`](crate::look()).
    pub fn of(thread: Pid) -> io::Result<Self> {
        Self::told(thread, format!("/proc/{thread}/schedstat"))
    }

    /// That of the thread that calls.
    ///
    /// # Errors
    /// As [`look()`](crate::look()).
    pub fn of_this_thread() -> io::Result<Self> {
        Self::told(Pid::this(), "/proc/thread-self/schedstat".to_owned())
    }

    /// What has come since.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            ran: self.ran.saturating_sub(before.ran),
            queued: self.queued.saturating_sub(before.queued),
        }
    }

    fn told(process: Pid, path: String) -> io::Result<Self> {
        let Some(told) = read_text(process, &path)? else {
            return Ok(Self::default());
        };
        parsed(&told).ok_or_else(|| LookRefused::because(path, format!("it says {told:?}")))
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
