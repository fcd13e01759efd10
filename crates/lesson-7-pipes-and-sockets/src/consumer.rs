//! The ring's consuming side: it believes nothing that the other process has stored.
//! `cargo lesson-7` receives through it.

use std::io;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use crate::atomics::AtomicU64;
use crate::ring::{CLOSED, NotNow, ONE, Ring, load};

/// What the consumer knows by itself; the ring is the other process's too.
#[derive(Default)]
pub struct Consumer {
    read: u32,
    written: u32, // As last seen: looked at again only when the ring seems empty.
    said: u32,    // As last published: what is read, and not yet said, is not free yet.
}

impl Consumer {
    /// Receives the oldest message into the start of `message`, if there is one; its length.
    ///
    /// # Errors
    /// See [`NotNow`].
    pub fn try_receive(&mut self, ring: &Ring<'_>, message: &mut [u8]) -> Result<usize, NotNow> {
        self.any(ring)?;
        self.take(ring, |words, length| {
            load(words, message.get_mut(..length).ok_or(NotNow::TooLong)?);
            Ok(length)
        })
    }

    /// Receives the next message, and sleeps while there is none; `None` if the producer has closed
    /// and everything is read.
    ///
    /// # Errors
    /// `EMSGSIZE` if `message` is too short for it, `EBADMSG` if the ring is corrupt; what
    /// `on_silence` says.
    pub fn receive(
        &mut self,
        ring: &Ring<'_>,
        message: &mut [u8],
        on_silence: &mut dyn FnMut() -> io::Result<()>,
    ) -> io::Result<Option<usize>> {
        let read = |words: &[AtomicU64], length| {
            load(words, message.get_mut(..length).ok_or(NotNow::TooLong)?);
            Ok(length)
        };
        self.receive_in_place(ring, read, on_silence)
    }

    /// The same for a message that `read` reads where it lies; one that it refuses stays. It must load
    /// each word once: the producer may store to it all the time.
    ///
    /// # Errors
    /// As [`receive`](Self::receive); what `read` says.
    pub fn receive_in_place<T>(
        &mut self,
        ring: &Ring<'_>,
        read: impl FnOnce(&[AtomicU64], usize) -> Result<T, NotNow>,
        on_silence: &mut dyn FnMut() -> io::Result<()>,
    ) -> io::Result<Option<T>> {
        loop {
            match self.any(ring) {
                Ok(()) => return Ok(Some(self.take(ring, read)?)),
                Err(NotNow::Wait(seen)) => ring.written.wait_for_change(seen, on_silence)?,
                Err(NotNow::Closed) => return Ok(None),
                Err(never) => return Err(never.into()),
            }
        }
    }

    /// Whether there is a message.
    fn any(&mut self, ring: &Ring<'_>) -> Result<(), NotNow> {
        if self.written & !CLOSED != self.read {
            return Ok(());
        }
        self.written = ring.written.count.load(Acquire); // Pairs with the producer's `publish`.
        let waiting = (self.written & !CLOSED).wrapping_sub(self.read);
        if waiting == 0 && self.said != self.read {
            self.say(ring); // Before we wait for the producer, who may wait for this.
        }
        match () {
            () if waiting > ring.full() => Err(NotNow::Corrupt),
            () if waiting > 0 => Ok(()),
            () if self.written & CLOSED == CLOSED => Err(NotNow::Closed),
            () => Err(NotNow::Wait(self.written)),
        }
    }

    /// Reads the oldest message, and then says that its slot is free.
    fn take<T>(
        &mut self,
        ring: &Ring<'_>,
        read: impl FnOnce(&[AtomicU64], usize) -> Result<T, NotNow>,
    ) -> Result<T, NotNow> {
        let (length, words) = ring.slot(self.read);
        // An allegation: copied, checked, and only then used.
        let length = usize::try_from(length.load(Relaxed)).unwrap_or(usize::MAX);
        if length > ring.longest() {
            return Err(NotNow::Corrupt);
        }
        let taken = read(words, length)?;
        self.read = self.read.wrapping_add(ONE);
        // In quarters of the ring: a producer that is woken for one free slot soon sleeps again.
        if self.read.wrapping_sub(self.said) >= (ring.full() / 4).max(ONE) {
            self.say(ring);
        }
        Ok(taken)
    }

    /// Says how much is read.
    fn say(&mut self, ring: &Ring<'_>) {
        self.said = self.read;
        ring.read.publish(self.read);
    }

    /// Says that no message will be read any more.
    pub fn close(&mut self, ring: &Ring<'_>) {
        ring.read.publish(self.read | CLOSED);
    }
}
