//! POSIX message queues. On Linux a queue's descriptor is a file descriptor, so it can be inherited,
//! polled and closed like any other. `nix` wraps the calls; this type closes the descriptor.
//!
//! # Safety
//! A [`Queue`] owns its descriptor and closes it once, when it is dropped.
#![expect(unsafe_code, reason = "nix's queue descriptor is a number that needs an owner")]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::mqueue::{MQ_OFlag, MqAttr, MqdT, mq_getattr, mq_open, mq_send, mq_timedreceive};
use nix::sys::stat::Mode;
use nix::sys::time::TimeSpec;

/// An open message queue.
pub struct Queue {
    owned: OwnedFd,
    number: MqdT, // The number of `owned`, as nix's calls want it.
}

impl Queue {
    /// `mq_open(name, flags, mode, {maxmsg, msgsize})`; without sizes, the system's own.
    ///
    /// # Errors
    /// `EINVAL` for a name without a leading slash, or for sizes of 0 or above the limits in
    /// /proc/sys/fs/mqueue; `EACCES`, `EEXIST`, `ENOENT`, `ENAMETOOLONG`; `EMFILE` at the limit of
    /// descriptors or of bytes in queues (`RLIMIT_MSGQUEUE`).
    pub fn open(
        name: &str,
        flags: MQ_OFlag,
        mode: Mode,
        sizes: Option<(i64, i64)>,
    ) -> io::Result<Self> {
        let sizes = sizes.map(|(maxmsg, msgsize)| MqAttr::new(0, maxmsg, msgsize, 0));
        let number = mq_open(name, flags, mode, sizes.as_ref())?;
        // SAFETY: mq_open has just made this descriptor, and MqdT doesn't close it.
        let owned = unsafe { OwnedFd::from_raw_fd(number.as_raw_fd()) };
        Ok(Self { owned, number })
    }

    /// `mq_send(message, priority)`: waits while the queue is full.
    ///
    /// # Errors
    /// `EMSGSIZE` if the message is longer than the queue allows, `EAGAIN` with `O_NONBLOCK` if the
    /// queue is full, `EINVAL` for a priority of 32768 or more, `EBADF` if it isn't open for writing.
    pub fn send(&self, message: &[u8], priority: u32) -> io::Result<()> {
        Ok(mq_send(&self.number, message, priority)?)
    }

    /// `mq_timedreceive`: takes the oldest message of the highest priority. Waits at most `timeout`
    /// while the queue is empty.
    ///
    /// # Errors
    /// `EMSGSIZE` if the buffer is shorter than the longest message that the queue allows, `EAGAIN`
    /// with `O_NONBLOCK` if the queue is empty, `ETIMEDOUT`, `EBADF` if it isn't open for reading.
    pub fn receive(&self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        let until = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + timeout;
        let mut priority = 0;
        let until = TimeSpec::from_duration(until);
        Ok(mq_timedreceive(&self.number, buffer, &mut priority, &until)?)
    }

    /// `mq_getattr`.
    ///
    /// # Errors
    /// `EBADF` if the descriptor isn't a queue's.
    pub fn attributes(&self) -> io::Result<MqAttr> {
        Ok(mq_getattr(&self.number)?)
    }
}

impl From<OwnedFd> for Queue {
    /// A descriptor that this process has inherited.
    fn from(owned: OwnedFd) -> Self {
        // SAFETY: `owned` keeps the descriptor open, and MqdT doesn't close it.
        let number = unsafe { MqdT::from_raw_fd(owned.as_raw_fd()) };
        Self { owned, number }
    }
}

impl AsFd for Queue {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.owned.as_fd()
    }
}
