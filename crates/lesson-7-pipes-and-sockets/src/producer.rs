//! The producer of a ring: stores messages into free slots. `cargo lesson-7` sends through it.

use std::io;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use crate::atomics::AtomicU64;
use crate::ring::{CLOSED, ONE, Ring, TryError, store};

/// The producer's own memory. The other process cannot change it, unlike the ring.
#[derive(Default)]
pub struct Producer {
    written: u32,
    read: u32, // As last seen; loaded again only when the ring seems full.
}

impl Producer {
    /// A producer of a ring that has carried `count / 2` messages, all of them read.
    #[cfg(test)]
    pub fn after(count: u32) -> Self {
        Self { written: count, read: count }
    }

    /// Sends `message` if a slot is free.
    ///
    /// # Errors
    /// See [`TryError`].
    pub fn try_send(&mut self, ring: &Ring<'_>, message: &[u8]) -> Result<(), TryError> {
        if message.len() > ring.longest() {
            return Err(TryError::TooLong);
        }
        self.check_room(ring)?;
        self.put(ring, message.len(), |words| store(words, message));
        Ok(())
    }

    /// Sends `message`, and sleeps while no slot is free. Each time a sleep times out, `on_timeout`
    /// decides whether to go on.
    ///
    /// # Errors
    /// `EPIPE` if the ring is full and the consumer has closed, `EMSGSIZE` if the message is too long, `EBADMSG` if the
    /// ring is corrupt; what `on_timeout` returns.
    pub fn send(
        &mut self,
        ring: &Ring<'_>,
        message: &[u8],
        on_timeout: &mut dyn FnMut() -> io::Result<()>,
    ) -> io::Result<()> {
        self.send_in_place(ring, message.len(), |words| store(words, message), on_timeout)
    }

    /// Sends a message of `length` bytes that `write` stores directly into the slot: nothing is
    /// copied.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_in_place(
        &mut self,
        ring: &Ring<'_>,
        length: usize,
        write: impl FnOnce(&[AtomicU64]),
        on_timeout: &mut dyn FnMut() -> io::Result<()>,
    ) -> io::Result<()> {
        if length > ring.longest() {
            return Err(TryError::TooLong.into());
        }
        loop {
            match self.check_room(ring) {
                Ok(()) => break,
                Err(TryError::WouldBlock(seen)) => ring.read.wait_for_change(seen, on_timeout)?,
                Err(never) => return Err(never.into()),
            }
        }
        self.put(ring, length, write);
        Ok(())
    }

    /// Checks that a slot is free.
    fn check_room(&mut self, ring: &Ring<'_>) -> Result<(), TryError> {
        if self.read & CLOSED == 0 && self.written.wrapping_sub(self.read) < ring.full() {
            return Ok(());
        }
        self.read = ring.read.count.load(Acquire); // Pairs with the consumer's `publish`.
        let waiting = self.written.wrapping_sub(self.read & !CLOSED);
        match () {
            () if waiting > ring.full() => Err(TryError::Corrupt),
            () if self.read & CLOSED == CLOSED => Err(TryError::Closed),
            () if waiting == ring.full() => Err(TryError::WouldBlock(self.read)),
            () => Ok(()),
        }
    }

    /// Stores a message into the free slot, and then publishes the new count.
    fn put(&mut self, ring: &Ring<'_>, length: usize, write: impl FnOnce(&[AtomicU64])) {
        let (place, words) = ring.slot(self.written);
        place.store(length as u64, Relaxed);
        write(words);
        self.written = self.written.wrapping_add(ONE);
        ring.written.publish(self.written);
    }

    /// Tells the consumer that no message will follow.
    pub fn close(&mut self, ring: &Ring<'_>) {
        ring.written.publish(self.written | CLOSED);
    }
}
