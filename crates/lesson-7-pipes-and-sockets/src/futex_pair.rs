//! The least that two processes can do when they sleep: `cache_line.rs`, with a futex for the spin.
//! `cargo lesson-7` measures it.

use std::io;
use std::sync::atomic::Ordering::{Acquire, Release};

use crate::cache_line::LINE;
use crate::end::End;
use crate::futex;
use crate::patience::Patience;
use crate::sys::Shared;

/// One of two; the other one has the words the other way round.
pub struct FutexPair {
    memory: Shared,
    mine: usize,
    theirs: usize,
    sent: u32,
    received: u32,
}

impl FutexPair {
    /// The end of the one who sends first, or the other one.
    pub fn new(memory: Shared, first: bool) -> Self {
        let (mine, theirs) = if first { (0, LINE) } else { (LINE, 0) };
        Self { memory, mine, theirs, sent: 0, received: 0 }
    }
}

impl End for FutexPair {
    fn send(&mut self, _: &[u8]) -> io::Result<()> {
        self.sent = self.sent.wrapping_add(1);
        self.memory.word(self.mine).store(self.sent, Release); // Pairs with the Acquire below.
        futex::wake(self.memory.word(self.mine))
    }

    fn receive(&mut self, _: &mut [u8]) -> io::Result<()> {
        let before = self.received;
        self.received = before.wrapping_add(1);
        let (word, mut patience) = (self.memory.word(self.theirs), Patience::default());
        while word.load(Acquire) != self.received {
            if !futex::wait(word, before)? {
                patience.check()?;
            }
        }
        Ok(())
    }
}
