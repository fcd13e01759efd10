//! A mailbox in shared memory: one cache line in each direction, which holds a message and its number.
//! A process that sees the new number also sees the message. With an empty message only the numbers
//! travel: the least work that two processes can do. `cargo lesson-7` measures it, spinning and
//! sleeping.
//!
//! ```text
//! 0        4        8                                                      64
//! ▏ number ▏ unused ▏ message: up to 56 bytes                              ▏
//! ```

use std::io;
use std::sync::atomic::Ordering::{Acquire, Release};

use crate::endpoint::{Endpoint, Wait};
use crate::futex;
use crate::ring::{load, store};
use crate::sys::Shared;
use crate::timeout::Timeout;

/// Bytes in the longest message.
pub const CAPACITY: usize = 56;
/// Bytes between the two numbers: a cache line, and the next one, which the CPU may fetch with it.
pub const LINE: usize = 128;
const MESSAGE: usize = 8;

/// One of the two endpoints. Each sends through its own line and receives from the other line.
pub struct Mailbox {
    memory: Shared,
    wait: Wait,
    mine: usize,
    theirs: usize,
    sent: u32,
    received: u32,
}

impl Mailbox {
    /// The endpoint of the process that sends first, or of the other process.
    pub fn new(memory: Shared, wait: Wait, first: bool) -> Self {
        let (mine, theirs) = if first { (0, LINE) } else { (LINE, 0) };
        Self { memory, wait, mine, theirs, sent: 0, received: 0 }
    }
}

impl Endpoint for Mailbox {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        if message.len() > CAPACITY {
            return Err(io::Error::from_raw_os_error(libc::EMSGSIZE));
        }
        // Our line is free: the other process has answered our last message, so it has read it.
        store(self.memory.words(self.mine + MESSAGE, CAPACITY / 8), message);
        self.sent = self.sent.wrapping_add(1);
        let number = self.memory.word(self.mine);
        number.store(self.sent, Release); // Pairs with `Acquire` in `receive`: message first.
        if self.wait == Wait::Block { futex::wake(number) } else { Ok(()) }
    }

    fn receive(&mut self, message: &mut [u8]) -> io::Result<()> {
        let before = self.received;
        self.received = before.wrapping_add(1);
        let (number, mut timeout) = (self.memory.word(self.theirs), Timeout::default());
        while number.load(Acquire) != self.received {
            match self.wait {
                Wait::Spin => timeout.spin()?,
                Wait::Block if futex::wait(number, before)? => {}
                Wait::Block => timeout.check()?,
            }
        }
        let message = message.get_mut(..CAPACITY.min(message.len())).unwrap_or_default();
        load(self.memory.words(self.theirs + MESSAGE, CAPACITY / 8), message);
        Ok(())
    }
}
