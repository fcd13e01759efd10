//! POSIX message queues: the kernel keeps whole messages, each with a priority. It doesn't report that
//! the process at the other end has died. `cargo lesson-7` sends through a queue.

use std::io::{self, ErrorKind};

use common::{Context, Result};
use nix::mqueue::{MQ_OFlag, mq_unlink};
use nix::sys::stat::Mode;
use nix::unistd::geteuid;

use crate::endpoint::{Endpoint, Wait};
use crate::sys::Queue;
use crate::timeout::{TIMEOUT, Timeout};

/// A new queue for `maxmsg` messages of `msgsize` bytes, whose name is already removed. A process that
/// is to use the queue inherits its descriptor. The queue ends with the last descriptor.
///
/// The name is the same for every run of one user. If a run is killed between the two calls, the next
/// run removes the name. Two runs at once may remove each other's name, but not the queue.
///
/// # Errors
/// As [`Queue::open`]: `EINVAL` if the sizes are above the system's limits, `EMFILE` if they are above
/// the user's.
pub fn unnamed(maxmsg: usize, msgsize: usize, wait: Wait) -> Result<Queue> {
    let name = format!("/mmap-course-lesson-7-{}", geteuid());
    let flags = MQ_OFlag::O_RDWR | MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL;
    let flags = if wait == Wait::Spin { flags | MQ_OFlag::O_NONBLOCK } else { flags };
    let sizes =
        (i64::try_from(maxmsg).unwrap_or(i64::MAX), i64::try_from(msgsize).unwrap_or(i64::MAX));
    let step = format!("mq_open {name}, {msgsize} bytes a message (see /proc/sys/fs/mqueue)");
    let mut timeout = Timeout::default();
    loop {
        match Queue::open(&name, flags, Mode::S_IRUSR | Mode::S_IWUSR, Some(sizes)) {
            Err(taken) if taken.kind() == ErrorKind::AlreadyExists => {
                timeout.spin().step(&step)?;
                let _ = mq_unlink(name.as_str()); // Another run may have removed it.
            }
            opened => {
                let _ = mq_unlink(name.as_str()); // Another run may have removed it.
                return opened.step(&step);
            }
        }
    }
}

/// One of two endpoints, with one queue for each direction.
pub struct Queues {
    /// The queue to receive from.
    pub from: Queue,
    /// The queue to send to.
    pub to: Queue,
}

impl Endpoint for Queues {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let mut timeout = Timeout::default();
        loop {
            match self.to.send(message, 0) {
                Err(full) if full.kind() == ErrorKind::WouldBlock => timeout.spin()?,
                Err(signal) if signal.kind() == ErrorKind::Interrupted => {}
                sent => return sent,
            }
        }
    }

    fn receive(&mut self, message: &mut [u8]) -> io::Result<()> {
        let mut timeout = Timeout::default();
        loop {
            match self.from.receive(message, TIMEOUT) {
                Ok(length) if length == message.len() => return Ok(()),
                Ok(_) => return Err(io::Error::from_raw_os_error(libc::EBADMSG)),
                Err(empty) if empty.kind() == ErrorKind::WouldBlock => timeout.spin()?,
                Err(signal) if signal.kind() == ErrorKind::Interrupted => {}
                Err(refused) => return Err(refused),
            }
        }
    }
}
