//! The least that two processes can do: each stores a number in a cache line of its own, and spins
//! until the other's line holds it too. No contents, no sleep. `cargo lesson-7` measures it.

use std::io;
use std::sync::atomic::Ordering::{Acquire, Release};

use crate::end::End;
use crate::patience::Patience;
use crate::sys::Shared;

/// Bytes between the two words: a line, and the one that the CPU may fetch along with it.
pub const LINE: usize = 128;

/// One of two; the other one has the lines the other way round.
pub struct CacheLine {
    memory: Shared,
    mine: usize,
    theirs: usize,
    sent: u32,
    received: u32,
}

impl CacheLine {
    /// The end of the one who sends first, or the other one.
    pub fn new(memory: Shared, first: bool) -> Self {
        let (mine, theirs) = if first { (0, LINE) } else { (LINE, 0) };
        Self { memory, mine, theirs, sent: 0, received: 0 }
    }
}

impl End for CacheLine {
    fn send(&mut self, _: &[u8]) -> io::Result<()> {
        self.sent = self.sent.wrapping_add(1);
        self.memory.word(self.mine).store(self.sent, Release); // Pairs with the Acquire below.
        Ok(())
    }

    fn receive(&mut self, _: &mut [u8]) -> io::Result<()> {
        self.received = self.received.wrapping_add(1);
        let (word, mut patience) = (self.memory.word(self.theirs), Patience::default());
        while word.load(Acquire) != self.received {
            patience.spin()?;
        }
        Ok(())
    }
}
