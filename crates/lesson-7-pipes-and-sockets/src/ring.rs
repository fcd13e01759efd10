//! A ring: messages from one producer to one consumer, through memory that both processes map. The
//! kernel copies no message. A process calls it only to sleep and to wake the other process.
//! `tests/loom` runs this very file in every order of two threads, up to a limit of interruptions.
//!
//! ```text
//! written  ▏ count ▕    the producer's count of messages, times 2; odd: the producer has closed
//! read     ▏ count ▕    the consumer's count
//! for each ▏ flag  ▕    in a line of its own: 1 if the other process is about to sleep on this count
//! slots    ▏length▕▏message … ▕▏length▕▏message … ▕ …
//!            read ↑ (the oldest)              ↑ written (the next free slot)
//! ```
//!
//! Only one process stores each count. Three pairs of orderings hold the ring together:
//!
//! | here | there | effect |
//! |---|---|---|
//! | `written` stored with `Release` | loaded with `Acquire` | if you see the count, you see the message |
//! | `read` stored with `Release` | loaded with `Acquire` | if you see the count, you may reuse the slot |
//! | count stored, `light`, flag loaded | flag stored, `heavy`, count loaded | no wake-up is lost |

use std::io;
use std::sync::atomic::Ordering::{Relaxed, Release};

use crate::atomics::{AtomicU32, AtomicU64};
use crate::{barrier, futex};

/// The two words of one side. Only this side stores `count`; only the other side stores `flag`.
#[derive(Clone, Copy)]
pub struct Side<'r> {
    /// Twice the number of messages written, or read, modulo 2³²; plus 1 when this side has closed.
    pub count: &'r AtomicU32,
    /// 1 while the other side may be asleep on `count`.
    pub flag: &'r AtomicU32,
}

/// The memory that both processes map.
#[derive(Clone, Copy)]
pub struct Ring<'r> {
    /// The producer's side.
    pub written: Side<'r>,
    /// The consumer's side.
    pub read: Side<'r>,
    /// All slots, one after the other.
    pub slots: &'r [AtomicU64],
    /// The number of slots: a power of two, so that the counts may wrap.
    pub slot_count: u32,
    /// 64-bit words in a slot: one for the length, the others for the message.
    pub slot_words: usize,
}

/// Why a message was not sent or received now.
#[derive(Debug, PartialEq, Eq)]
pub enum TryError {
    /// The ring is full, or empty. Holds the count of the other side that we saw.
    WouldBlock(u32),
    /// The other side has closed.
    Closed,
    /// The message doesn't fit into a slot, or into the receiver's buffer.
    TooLong,
    /// The other side has stored a value that no correct program stores.
    Corrupt,
}

impl From<TryError> for io::Error {
    fn from(reason: TryError) -> Self {
        Self::from_raw_os_error(match reason {
            TryError::WouldBlock(_) => libc::EAGAIN,
            TryError::Closed => libc::EPIPE,
            TryError::TooLong => libc::EMSGSIZE,
            TryError::Corrupt => libc::EBADMSG,
        })
    }
}

/// Pauses of the CPU between two looks at a count.
const PAUSES: u32 = 256;
/// One message, in a count.
pub const ONE: u32 = 2;
/// Set in the count of a side that has closed.
pub const CLOSED: u32 = 1;

impl Side<'_> {
    /// Stores this side's count, and wakes the other side if it may be asleep.
    pub fn publish(&self, count: u32) {
        self.count.store(count, Release); // Pairs with `Acquire` on the other side.
        barrier::light(); // Pairs with `heavy` in `wait_for_change`.
        if self.flag.load(Relaxed) != 0 {
            let _ = futex::wake(self.count); // Fails only if the file was truncated.
        }
    }

    /// Returns when this side's count may have changed.
    ///
    /// # Errors
    /// What `on_timeout` returns when a sleep has timed out and the count is still the same;
    /// `membarrier`'s.
    pub fn wait_for_change(
        &self,
        seen: u32,
        on_timeout: &mut dyn FnMut() -> io::Result<()>,
    ) -> io::Result<()> {
        for _ in 0..futex::spins() {
            // Each look takes the cache line away from the CPU that is about to store to it. Few looks
            // leave that CPU time to store more messages.
            (0..PAUSES).for_each(|_| std::hint::spin_loop());
            if self.count.load(Relaxed) != seen {
                return Ok(());
            }
        }
        self.flag.store(1, Relaxed);
        barrier::heavy()?; // Pairs with `light` in `publish`.
        let slept = futex::wait(self.count, seen); // At most 50 ms, and only if `count` is `seen`.
        self.flag.store(0, Relaxed);
        if slept? {
            return Ok(());
        }
        match on_timeout() {
            // A process can be killed after it has stored its count and before it has called `wake`.
            Err(_) if self.count.load(Relaxed) != seen => Ok(()),
            checked => checked,
        }
    }
}

impl<'r> Ring<'r> {
    /// The difference of the counts when every slot is full.
    pub fn full(&self) -> u32 {
        self.slot_count * ONE
    }

    /// Bytes in the longest message.
    pub fn longest(&self) -> usize {
        (self.slot_words - 1) * 8
    }

    /// The slot of the message with this count: the word for its length, and the words for its bytes.
    pub fn slot(&self, count: u32) -> (&'r AtomicU64, &'r [AtomicU64]) {
        let number = (count / ONE) & (self.slot_count - 1);
        let slot = &self.slots[number as usize * self.slot_words..][..self.slot_words];
        (&slot[0], &slot[1..])
    }
}

/// Stores bytes word by word. Plain stores would be a data race with a process that doesn't follow the
/// rules.
pub fn store(words: &[AtomicU64], message: &[u8]) {
    let (whole, rest) = message.as_chunks::<8>();
    for (word, bytes) in words.iter().zip(whole) {
        word.store(u64::from_ne_bytes(*bytes), Relaxed);
    }
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        words[whole.len()].store(u64::from_ne_bytes(last), Relaxed);
    }
}

/// Loads bytes word by word.
pub fn load(words: &[AtomicU64], message: &mut [u8]) {
    let (whole, rest) = message.as_chunks_mut::<8>();
    let after = whole.len();
    for (word, bytes) in words.iter().zip(whole) {
        *bytes = word.load(Relaxed).to_ne_bytes();
    }
    if let Some(word) = words.get(after).filter(|_| !rest.is_empty()) {
        rest.copy_from_slice(&word.load(Relaxed).to_ne_bytes()[..rest.len()]);
    }
}
