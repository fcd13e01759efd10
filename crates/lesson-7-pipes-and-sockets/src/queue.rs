//! POSIX message queues: messages with boundaries and a priority, kept by the kernel, which tells
//! nobody when the other end is gone. `cargo lesson-7` sends through one.

use std::io::{self, ErrorKind};

use common::{Context, Result};
use nix::unistd::geteuid;

use crate::end::{End, Wait};
use crate::patience::{LONG, Patience};
use crate::sys::{Queue, unlink};

/// A new queue of `maxmsg` messages of `msgsize` bytes, whose name is gone already: who is to use it
/// inherits the descriptor, and when the last one ends the queue goes too.
///
/// The name is the same on every run of a user's. So what a run that was killed between the two calls
/// has left goes with the next run; and two runs at once may take away each other's name, not the queue.
///
/// # Errors
/// As [`Queue::open`]: `EINVAL` if the sizes are above the system's limits, `EMFILE` if above the
/// user's.
pub fn without_a_name(maxmsg: usize, msgsize: usize, wait: Wait) -> Result<Queue> {
    let name = format!("/mmap-course-lesson-7-{}", geteuid());
    let flags = libc::O_RDWR | libc::O_CREAT | libc::O_EXCL;
    let flags = if wait == Wait::Spin { flags | libc::O_NONBLOCK } else { flags };
    let sizes = (i64::try_from(maxmsg).unwrap_or(i64::MAX), i64::try_from(msgsize).unwrap_or(i64::MAX));
    let step = format!("mq_open {name}, {msgsize} bytes a message (see /proc/sys/fs/mqueue)");
    let mut patience = Patience::default();
    loop {
        match Queue::open(&name, flags, 0o600, Some(sizes)) {
            Err(taken) if taken.kind() == ErrorKind::AlreadyExists => {
                patience.spin().step(&step)?;
                let _ = unlink(&name); // Another run may have done so.
            }
            opened => {
                let _ = unlink(&name); // As above.
                return opened.step(&step);
            }
        }
    }
}

/// One of two ends; a queue each way.
pub struct Queues {
    /// Where to receive from.
    pub from: Queue,
    /// Where to send to.
    pub to: Queue,
}

impl End for Queues {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let mut patience = Patience::default();
        loop {
            match self.to.send(message, 0) {
                Err(full) if full.kind() == ErrorKind::WouldBlock => patience.spin()?,
                Err(signal) if signal.kind() == ErrorKind::Interrupted => {}
                sent => return sent,
            }
        }
    }

    fn receive(&mut self, message: &mut [u8]) -> io::Result<()> {
        let mut patience = Patience::default();
        loop {
            match self.from.receive(message, LONG) {
                Ok((length, _)) if length == message.len() => return Ok(()),
                Ok(_) => return Err(io::Error::from_raw_os_error(libc::EBADMSG)),
                Err(empty) if empty.kind() == ErrorKind::WouldBlock => patience.spin()?,
                Err(signal) if signal.kind() == ErrorKind::Interrupted => {}
                Err(refused) => return Err(refused),
            }
        }
    }
}
