//! A message that fits in a cache line beside its number: who sees the number has the message. One
//! line each way. `cargo lesson-7` measures it, spinning and sleeping.
//!
//! ```text
//! 0        4        8                                                      64
//! ▏ number ▏ unused ▏ message: 56 bytes                                    ▏
//! ```

use std::io;
use std::sync::atomic::Ordering::{Acquire, Release};

use crate::cache_line::LINE;
use crate::end::{End, Wait};
use crate::futex;
use crate::patience::Patience;
use crate::ring::{load, store};
use crate::sys::Shared;

/// Bytes in the longest message.
pub const ROOM: usize = 56;
const MESSAGE: usize = 8;

/// One of two; the other one has the boxes the other way round.
pub struct Mailbox {
    memory: Shared,
    wait: Wait,
    mine: usize,
    theirs: usize,
    sent: u32,
    received: u32,
}

impl Mailbox {
    /// The end of the one who sends first, or the other one.
    pub fn new(memory: Shared, wait: Wait, first: bool) -> Self {
        let (mine, theirs) = if first { (0, LINE) } else { (LINE, 0) };
        Self { memory, wait, mine, theirs, sent: 0, received: 0 }
    }
}

impl End for Mailbox {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        if message.len() > ROOM {
            return Err(io::Error::from_raw_os_error(libc::EMSGSIZE));
        }
        // Our box is free: the other one has answered our last message, so it has read it.
        store(self.memory.words(self.mine + MESSAGE, ROOM / 8), message);
        self.sent = self.sent.wrapping_add(1);
        let number = self.memory.word(self.mine);
        number.store(self.sent, Release); // Pairs with the Acquire below: after the message.
        if self.wait == Wait::Block { futex::wake(number) } else { Ok(()) }
    }

    fn receive(&mut self, message: &mut [u8]) -> io::Result<()> {
        let before = self.received;
        self.received = before.wrapping_add(1);
        let (number, mut patience) = (self.memory.word(self.theirs), Patience::default());
        while number.load(Acquire) != self.received {
            match self.wait {
                Wait::Spin => patience.spin()?,
                Wait::Block if futex::wait(number, before)? => {}
                Wait::Block => patience.check()?,
            }
        }
        let message = message.get_mut(..ROOM.min(message.len())).unwrap_or_default();
        load(self.memory.words(self.theirs + MESSAGE, ROOM / 8), message);
        Ok(())
    }
}
