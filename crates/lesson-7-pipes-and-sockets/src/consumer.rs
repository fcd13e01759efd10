//! The ring's consuming side: it believes nothing that the other process has stored.
//! `cargo lesson-7` receives through it.

use std::io;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use crate::ring::{CLOSED, NotNow, ONE, Ring, load};

/// What the consumer knows by itself; the ring is the other process's too.
#[derive(Default)]
pub struct Consumer {
    read: u32,
    written: u32, // As last seen: looked at again only when the ring seems empty.
}

impl Consumer {
    /// Receives the oldest message into the start of `message`, if there is one; its length.
    ///
    /// # Errors
    /// See [`NotNow`].
    pub fn try_receive(&mut self, ring: &Ring<'_>, message: &mut [u8]) -> Result<usize, NotNow> {
        if self.written & !CLOSED == self.read {
            self.written = ring.written.count.load(Acquire); // Pairs with the producer's `publish`.
            let waiting = (self.written & !CLOSED).wrapping_sub(self.read);
            match () {
                () if waiting > ring.full() => return Err(NotNow::Corrupt),
                () if waiting > 0 => {}
                () if self.written & CLOSED == CLOSED => return Err(NotNow::Closed),
                () => return Err(NotNow::Wait(self.written)),
            }
        }
        let (length, words) = ring.slot(self.read);
        // An allegation: copied, checked, and only then used.
        let length = usize::try_from(length.load(Relaxed)).unwrap_or(usize::MAX);
        if length > ring.longest() {
            return Err(NotNow::Corrupt);
        }
        load(words, message.get_mut(..length).ok_or(NotNow::TooLong)?);
        self.read = self.read.wrapping_add(ONE);
        ring.read.publish(self.read);
        Ok(length)
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
        loop {
            match self.try_receive(ring, message) {
                Ok(length) => return Ok(Some(length)),
                Err(NotNow::Wait(seen)) => ring.written.wait_for_change(seen, on_silence)?,
                Err(NotNow::Closed) => return Ok(None),
                Err(NotNow::TooLong) => return Err(io::Error::from_raw_os_error(libc::EMSGSIZE)),
                Err(NotNow::Corrupt) => return Err(io::Error::from_raw_os_error(libc::EBADMSG)),
            }
        }
    }

    /// Says that no message will be read any more.
    pub fn close(&mut self, ring: &Ring<'_>) {
        ring.read.publish(self.read | CLOSED);
    }
}
