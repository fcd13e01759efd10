//! A ring: messages from one producer to one consumer, through memory that both map. Neither copies
//! through the kernel, neither calls it unless it must sleep. `tests/loom` tries every order of this
//! very file.
//!
//! ```text
//! written  ▏count▕▏waited_for▕     the producer's count of messages, times 2; odd: it has closed
//! read     ▏count▕▏waited_for▕     the consumer's
//! slots    ▏length▕▏message … ▕▏length▕▏message … ▕ …
//!            read ↑ (the oldest)              ↑ written (the next that is free)
//! ```
//!
//! Each count is stored by one side alone. The orderings, in pairs:
//!
//! | here | there | so that |
//! |---|---|---|
//! | `written` stored `Release` | loaded `Acquire` | who sees the count sees the message |
//! | `read` stored `Release` | loaded `Acquire` | who sees the count sees that the slot was left |
//! | count stored, `light`, flag loaded | flag stored, `heavy`, count loaded | none sleeps unwoken |

use std::io;
use std::sync::atomic::Ordering::{Relaxed, Release};

use crate::atomics::{AtomicU32, AtomicU64};
use crate::{barrier, futex};

/// One side's line: only this side stores `count`, only the other one stores `waited_for`.
#[derive(Clone, Copy)]
pub struct Side<'r> {
    /// Twice the messages written, or read, modulo 2³²; plus 1 when this side has closed.
    pub count: &'r AtomicU32,
    /// 1 while the other side may be asleep on `count`.
    pub waited_for: &'r AtomicU32,
}

/// The memory that both sides map.
#[derive(Clone, Copy)]
pub struct Ring<'r> {
    /// The producer's side.
    pub written: Side<'r>,
    /// The consumer's side.
    pub read: Side<'r>,
    /// The slots, one after the other.
    pub slots: &'r [AtomicU64],
    /// How many: a power of two, so that the counts may wrap.
    pub slot_count: u32,
    /// 64-bit words in a slot: one for the length, the rest for the message.
    pub slot_words: usize,
}

/// Why a message was not sent or received now.
#[derive(Debug, PartialEq, Eq)]
pub enum NotNow {
    /// The ring is full, or empty; the other side's count when we looked.
    Wait(u32),
    /// The other side has closed.
    Closed,
    /// The message does not fit in a slot.
    TooLong,
    /// The other side has stored what no honest one stores.
    Corrupt,
}

/// What one message adds to a count.
pub const ONE: u32 = 2;
/// Set in the count of a side that has closed.
pub const CLOSED: u32 = 1;

impl Side<'_> {
    /// Stores this side's count, and wakes the other one if it sleeps.
    pub fn publish(&self, count: u32) {
        self.count.store(count, Release); // Pairs with the other side's Acquire.
        barrier::light(); // Pairs with `heavy` in `wait_for_change`.
        if self.waited_for.load(Relaxed) != 0 {
            let _ = futex::wake(self.count); // Nothing can be wrong with a word that is mapped.
        }
    }

    /// Returns when this side's count may have changed.
    ///
    /// # Errors
    /// What `on_silence` says when nothing has happened for a while; `membarrier`'s.
    pub fn wait_for_change(
        &self,
        seen: u32,
        on_silence: &mut dyn FnMut() -> io::Result<()>,
    ) -> io::Result<()> {
        for _ in 0..futex::spins() {
            if self.count.load(Relaxed) != seen {
                return Ok(());
            }
            std::hint::spin_loop();
        }
        self.waited_for.store(1, Relaxed);
        barrier::heavy()?; // Pairs with `light` in `publish`.
        let slept = futex::wait(self.count, seen); // Only if it still holds `seen`.
        self.waited_for.store(0, Relaxed);
        if slept? { Ok(()) } else { on_silence() }
    }
}

impl<'r> Ring<'r> {
    /// How far the counts are apart when every slot is full.
    pub fn full(&self) -> u32 {
        self.slot_count * ONE
    }

    /// Bytes in the longest message.
    pub fn longest(&self) -> usize {
        (self.slot_words - 1) * 8
    }

    /// The slot of the message with this count: the word for its length, and those for itself.
    pub fn slot(&self, count: u32) -> (&'r AtomicU64, &'r [AtomicU64]) {
        let number = count / ONE & (self.slot_count - 1);
        let slot = &self.slots[number as usize * self.slot_words..][..self.slot_words];
        (&slot[0], &slot[1..])
    }
}

/// Stores bytes word by word: plain stores could be torn or repeated, and race with a bad peer.
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
    if let Some(word) = words.get(after) {
        rest.copy_from_slice(&word.load(Relaxed).to_ne_bytes()[..rest.len()]);
    }
}
