//! POSIX message queues. On Linux a queue's descriptor is a file descriptor: it can be inherited,
//! polled, and closed by whoever owns it. `cargo lesson-7` sends through one.
//!
//! # Safety
//! A [`Queue`] owns its descriptor; the buffers that calls are given are slices, which are as long as
//! they say.
#![expect(unsafe_code, reason = "POSIX message queues, which no crate of ours wraps")]

use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use libc::{c_int, c_long, c_uint, mode_t};

/// An open queue.
pub struct Queue(pub OwnedFd);

/// `mq_attr`: what a queue holds at most, and what it holds now.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names of mq_getattr(3)")]
pub struct Attributes {
    pub flags: c_long,
    pub maxmsg: c_long,
    pub msgsize: c_long,
    pub curmsgs: c_long,
}

impl Queue {
    /// `mq_open(name, flags, mode, {maxmsg, msgsize})`; without sizes, the system's own.
    ///
    /// # Errors
    /// `EINVAL` for a name without a leading slash, or sizes of nothing or above the limits in
    /// /proc/sys/fs/mqueue; `EACCES`, `EEXIST`, `ENOENT`, `ENAMETOOLONG`; `EMFILE` at the limit of
    /// descriptors or of bytes in queues (`RLIMIT_MSGQUEUE`).
    pub fn open(
        name: &str,
        flags: c_int,
        mode: mode_t,
        sizes: Option<(c_long, c_long)>,
    ) -> io::Result<Self> {
        let name = CString::new(name)?;
        let (maxmsg, msgsize) = sizes.unwrap_or_default();
        let attributes = wanted(maxmsg, msgsize);
        let pointer = sizes.map_or(std::ptr::null(), |_| &raw const attributes);
        // SAFETY: `name` ends in a NUL; `pointer` is null or an mq_attr; both live until it returns.
        let fd = unsafe { libc::mq_open(name.as_ptr(), flags, mode, pointer) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: a descriptor that was just made for us and that nobody else closes.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// `mq_send(message, priority)`: waits while the queue is full.
    ///
    /// # Errors
    /// `EMSGSIZE` for a longer message than the queue takes, `EAGAIN` with `O_NONBLOCK` if it is full,
    /// `EINVAL` for a priority of 32768 or more, `EBADF` if it is not open for writing.
    pub fn send(&self, message: &[u8], priority: c_uint) -> io::Result<()> {
        let (fd, start) = (self.0.as_raw_fd(), message.as_ptr().cast());
        // SAFETY: reads `message.len()` bytes from `message`.
        by_errno(i64::from(unsafe { libc::mq_send(fd, start, message.len(), priority) })).map(drop)
    }

    /// `mq_timedreceive`: the oldest of the most urgent messages, and its priority; waits while there
    /// is none, at most `patience`.
    ///
    /// # Errors
    /// `EMSGSIZE` if the buffer is shorter than the longest message that the queue takes, `EAGAIN`
    /// with `O_NONBLOCK` if it is empty, `ETIMEDOUT`, `EBADF` if it is not open for reading.
    pub fn receive(&self, buffer: &mut [u8], patience: Duration) -> io::Result<(usize, c_uint)> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + patience;
        let seconds = now.as_secs().try_into().unwrap_or(libc::time_t::MAX);
        let until = libc::timespec { tv_sec: seconds, tv_nsec: now.subsec_nanos().into() };
        let mut priority = 0;
        let (fd, start, length) = (self.0.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len());
        // SAFETY: writes at most `length` bytes to `buffer`, and a number to `priority`.
        let got = unsafe { libc::mq_timedreceive(fd, start, length, &raw mut priority, &until) };
        let length = by_errno(i64::try_from(got).unwrap_or(-1))?;
        Ok((usize::try_from(length).unwrap_or(0), priority))
    }

    /// `mq_getattr`.
    ///
    /// # Errors
    /// `EBADF` if the descriptor is no queue's.
    pub fn attributes(&self) -> io::Result<Attributes> {
        let mut attributes = wanted(0, 0);
        // SAFETY: writes one mq_attr.
        let result = unsafe { libc::mq_getattr(self.0.as_raw_fd(), &raw mut attributes) };
        by_errno(i64::from(result))?;
        let libc::mq_attr { mq_flags: flags, mq_maxmsg: maxmsg, .. } = attributes;
        let (msgsize, curmsgs) = (attributes.mq_msgsize, attributes.mq_curmsgs);
        Ok(Attributes { flags, maxmsg, msgsize, curmsgs })
    }
}

/// `mq_unlink(name)`: the name goes at once, the queue with the last descriptor.
///
/// # Errors
/// `ENOENT` if there is none, `EACCES` if it is another user's.
pub fn unlink(name: &str) -> io::Result<()> {
    let name = CString::new(name)?;
    // SAFETY: `name` ends in a NUL.
    by_errno(i64::from(unsafe { libc::mq_unlink(name.as_ptr()) })).map(drop)
}

fn wanted(maxmsg: c_long, msgsize: c_long) -> libc::mq_attr {
    // SAFETY: an mq_attr is numbers only, and zero is one of each.
    let mut attributes: libc::mq_attr = unsafe { MaybeUninit::zeroed().assume_init() };
    attributes.mq_maxmsg = maxmsg;
    attributes.mq_msgsize = msgsize;
    attributes
}

fn by_errno(result: i64) -> io::Result<i64> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
