//! The consumer of a ring: checks every value that the other process has stored before it uses it.
//! `cargo lesson-7` receives through it.

use std::io;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use crate::atomics::AtomicU64;
use crate::ring::{CLOSED, ONE, Ring, TryError, load};

/// The consumer's own memory. The other process cannot change it, unlike the ring.
#[derive(Default)]
pub struct Consumer {
    read: u32,
    written: u32,   // As last seen; loaded again only when the ring seems empty.
    published: u32, // The count that the producer can see; slots read since then are not free yet.
}

impl Consumer {
    /// A consumer of a ring that has carried `count / 2` messages, all of them read.
    #[cfg(test)]
    pub fn after(count: u32) -> Self {
        Self { read: count, written: count, published: count }
    }

    /// Receives the oldest message, if there is one, into the start of `message`. Returns its length.
    ///
    /// # Errors
    /// See [`TryError`].
    pub fn try_receive(&mut self, ring: &Ring<'_>, message: &mut [u8]) -> Result<usize, TryError> {
        self.check_message(ring)?;
        self.take(ring, |words, length| {
            load(words, message.get_mut(..length).ok_or(TryError::TooLong)?);
            Ok(length)
        })
    }

    /// Receives the next message, and sleeps while there is none. Returns `None` if the producer has
    /// closed and every message is read.
    ///
    /// # Errors
    /// `EMSGSIZE` if `message` is too short, `EBADMSG` if the ring is corrupt; what `on_timeout`
    /// returns.
    pub fn receive(
        &mut self,
        ring: &Ring<'_>,
        message: &mut [u8],
        on_timeout: &mut dyn FnMut() -> io::Result<()>,
    ) -> io::Result<Option<usize>> {
        let read = |words: &[AtomicU64], length| {
            load(words, message.get_mut(..length).ok_or(TryError::TooLong)?);
            Ok(length)
        };
        self.receive_in_place(ring, read, on_timeout)
    }

    /// Receives a message that `read` reads directly in its slot. If `read` returns an error, the
    /// message stays in the ring. `read` must load each word once, because the producer can change the
    /// words at any time.
    ///
    /// # Errors
    /// As [`receive`](Self::receive); what `read` returns.
    pub fn receive_in_place<T>(
        &mut self,
        ring: &Ring<'_>,
        read: impl FnOnce(&[AtomicU64], usize) -> Result<T, TryError>,
        on_timeout: &mut dyn FnMut() -> io::Result<()>,
    ) -> io::Result<Option<T>> {
        loop {
            match self.check_message(ring) {
                Ok(()) => return Ok(Some(self.take(ring, read)?)),
                Err(TryError::WouldBlock(seen)) => {
                    ring.written.wait_for_change(seen, on_timeout)?
                }
                Err(TryError::Closed) => return Ok(None),
                Err(never) => return Err(never.into()),
            }
        }
    }

    /// Checks that there is a message.
    fn check_message(&mut self, ring: &Ring<'_>) -> Result<(), TryError> {
        if self.written & !CLOSED != self.read {
            return Ok(());
        }
        self.written = ring.written.count.load(Acquire); // Pairs with the producer's `publish`.
        let waiting = (self.written & !CLOSED).wrapping_sub(self.read);
        if waiting == 0 && self.published != self.read {
            self.publish(ring); // Before we wait for the producer, which may be waiting for this.
        }
        match () {
            () if waiting > ring.full() => Err(TryError::Corrupt),
            () if waiting > 0 => Ok(()),
            () if self.written & CLOSED == CLOSED => Err(TryError::Closed),
            () => Err(TryError::WouldBlock(self.written)),
        }
    }

    /// Reads the oldest message, and then publishes that its slot is free.
    fn take<T>(
        &mut self,
        ring: &Ring<'_>,
        read: impl FnOnce(&[AtomicU64], usize) -> Result<T, TryError>,
    ) -> Result<T, TryError> {
        let (length, words) = ring.slot(self.read);
        // The other process may change this length: copy it, check it, then use it.
        let length = usize::try_from(length.load(Relaxed)).unwrap_or(usize::MAX);
        if length > ring.longest() {
            return Err(TryError::Corrupt);
        }
        let taken = read(words, length)?;
        self.read = self.read.wrapping_add(ONE);
        // A quarter of the ring at a time: a producer woken for one free slot would soon sleep again.
        if self.read.wrapping_sub(self.published) >= (ring.full() / 4).max(ONE) {
            self.publish(ring);
        }
        Ok(taken)
    }

    /// Publishes how many messages are read.
    fn publish(&mut self, ring: &Ring<'_>) {
        self.published = self.read;
        ring.read.publish(self.read);
    }

    /// Tells the producer that no message will be read any more.
    pub fn close(&mut self, ring: &Ring<'_>) {
        ring.read.publish(self.read | CLOSED);
    }
}
