//! The ring's producing side. `cargo lesson-7` sends through it.

use std::io;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

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
        if self.read & CLOSED == CLOSED || self.written.wrapping_sub(self.read) == ring.full() {
            self.read = ring.read.count.load(Acquire); // Pairs with the consumer's `publish`.
            let waiting = self.written.wrapping_sub(self.read & !CLOSED);
            match () {
                () if waiting > ring.full() => return Err(NotNow::Corrupt),
                () if self.read & CLOSED == CLOSED => return Err(NotNow::Closed),
                () if waiting == ring.full() => return Err(NotNow::Wait(self.read)),
                () => {}
            }
        }
        let (length, words) = ring.slot(self.written);
        length.store(message.len() as u64, Relaxed);
        store(words, message);
        self.written = self.written.wrapping_add(ONE);
        ring.written.publish(self.written);
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
        loop {
            match self.try_send(ring, message) {
                Ok(()) => return Ok(()),
                Err(NotNow::Wait(seen)) => ring.read.wait_for_change(seen, on_silence)?,
                Err(NotNow::Closed) => return Err(io::Error::from_raw_os_error(libc::EPIPE)),
                Err(NotNow::TooLong) => return Err(io::Error::from_raw_os_error(libc::EMSGSIZE)),
                Err(NotNow::Corrupt) => return Err(io::Error::from_raw_os_error(libc::EBADMSG)),
            }
        }
    }

    /// Says that no message will follow.
    pub fn close(&mut self, ring: &Ring<'_>) {
        ring.written.publish(self.written | CLOSED);
    }
}
