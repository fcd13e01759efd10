//! How much of a processor a thread has had, and how long it has stood in the queue for one.

use std::io;
use std::time::Duration;

use nix::unistd::Pid;

use crate::look::{LookRefused, read_text};

/// A thread's share of a processor. Both times are zero of a thread that is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessorShare {
    /// CPU time.
    pub ran: Duration,
    /// Time in the queue.
    pub queued: Duration,
}

impl ProcessorShare {
    /// A thread's, so far. None of a thread that has ended.
    ///
    /// # Errors
    /// As [`look()`](crate::look()).
    pub fn of(thread: Pid) -> io::Result<Self> {
        Self::read(thread, format!("/proc/{thread}/schedstat"))
    }

    /// That of the thread that calls.
    ///
    /// # Errors
    /// As [`look()`](crate::look()).
    pub fn of_this_thread() -> io::Result<Self> {
        Self::read(Pid::this(), "/proc/thread-self/schedstat".to_owned())
    }

    /// What has come since.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            ran: self.ran.saturating_sub(before.ran),
            queued: self.queued.saturating_sub(before.queued),
        }
    }

    fn read(process: Pid, path: String) -> io::Result<Self> {
        let Some(told) = read_text(process, &path)? else {
            return Ok(Self::default());
        };
        parsed(&told).ok_or_else(|| LookRefused::because(path, format!("it says {told:?}")))
    }
}

/// `RAN QUEUED TURNS`, in nanoseconds.
fn parsed(told: &str) -> Option<ProcessorShare> {
    let mut times = told.split(' ').map(|field| field.parse().map(Duration::from_nanos).ok());
    Some(ProcessorShare { ran: times.next()??, queued: times.next()?? })
}

/// For how long threads stood in the queue for a processor. They may have waited for each other, and so stood there one
/// after another. So the sum is the longest time for which they may all have been without a processor.
#[must_use]
pub fn queued_in_all(shares: &[ProcessorShare]) -> Duration {
    shares.iter().map(|share| share.queued).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_the_first_two_numbers_of_schedstat() {
        let share =
            ProcessorShare { ran: Duration::from_nanos(120), queued: Duration::from_nanos(30) };
        assert_eq!(parsed("120 30 4\n"), Some(share));
        assert_eq!(parsed("120"), None);
        assert_eq!(parsed("x 30 4"), None);
    }

    #[test]
    fn the_share_of_this_thread_can_be_read() {
        assert!(ProcessorShare::of_this_thread().is_ok());
    }

    #[test]
    fn threads_that_wait_for_each_other_stand_in_the_queue_one_after_another() {
        let share = |milliseconds| ProcessorShare {
            ran: Duration::ZERO,
            queued: Duration::from_millis(milliseconds),
        };
        assert_eq!(queued_in_all(&[share(700), share(0), share(600)]), Duration::from_millis(1300));
        assert_eq!(queued_in_all(&[]), Duration::ZERO);
    }
}
