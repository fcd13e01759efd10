//! The ring's producing side. `cargo lesson-7` sends through it.

use std::io;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use crate::atomics::AtomicU64;
use crate::ring::{CLOSED, NotNow, ONE, Ring, store};

/// What the producer knows by itself; the ring is the other process's too.
#[derive(Default)]
pub struct Producer {
    written: u32,
    read: u32, // As last seen: looked at again only when the ring seems full.
}

impl Producer {
    /// Sends `message` if there is room.
    ///
    /// # Errors
    /// See [`NotNow`].
    pub fn try_send(&mut self, ring: &Ring<'_>, message: &[u8]) -> Result<(), NotNow> {
        if message.len() > ring.longest() {
            return Err(NotNow::TooLong);
        }
        self.room(ring)?;
        self.put(ring, message.len(), |words| store(words, message));
        Ok(())
    }

    /// Sends `message`, and sleeps while there is no room; `on_silence` is asked whether to go on when
    /// nothing has happened for a while.
    ///
    /// # Errors
    /// `EPIPE` if the consumer has closed, `EMSGSIZE` if the message is too long, `EBADMSG` if the
    /// ring is corrupt; what `on_silence` says.
    pub fn send(
        &mut self,
        ring: &Ring<'_>,
        message: &[u8],
        on_silence: &mut dyn FnMut() -> io::Result<()>,
    ) -> io::Result<()> {
        self.send_in_place(ring, message.len(), |words| store(words, message), on_silence)
    }

    /// The same for a message of `length` bytes that `write` makes where it is to lie: nothing is
    /// copied.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_in_place(
        &mut self,
        ring: &Ring<'_>,
        length: usize,
        write: impl FnOnce(&[AtomicU64]),
        on_silence: &mut dyn FnMut() -> io::Result<()>,
    ) -> io::Result<()> {
        if length > ring.longest() {
            return Err(NotNow::TooLong.into());
        }
        loop {
            match self.room(ring) {
                Ok(()) => break,
                Err(NotNow::Wait(seen)) => ring.read.wait_for_change(seen, on_silence)?,
                Err(never) => return Err(never.into()),
            }
        }
        self.put(ring, length, write);
        Ok(())
    }

    /// Whether there is a free slot.
    fn room(&mut self, ring: &Ring<'_>) -> Result<(), NotNow> {
        if self.read & CLOSED == 0 && self.written.wrapping_sub(self.read) < ring.full() {
            return Ok(());
        }
        self.read = ring.read.count.load(Acquire); // Pairs with the consumer's `publish`.
        let waiting = self.written.wrapping_sub(self.read & !CLOSED);
        match () {
            () if waiting > ring.full() => Err(NotNow::Corrupt),
            () if self.read & CLOSED == CLOSED => Err(NotNow::Closed),
            () if waiting == ring.full() => Err(NotNow::Wait(self.read)),
            () => Ok(()),
        }
    }

    /// Writes a message to the free slot, and then says so.
    fn put(&mut self, ring: &Ring<'_>, length: usize, write: impl FnOnce(&[AtomicU64])) {
        let (place, words) = ring.slot(self.written);
        place.store(length as u64, Relaxed);
        write(words);
        self.written = self.written.wrapping_add(ONE);
        ring.written.publish(self.written);
    }

    /// Says that no message will follow.
    pub fn close(&mut self, ring: &Ring<'_>) {
        ring.written.publish(self.written | CLOSED);
    }
}
