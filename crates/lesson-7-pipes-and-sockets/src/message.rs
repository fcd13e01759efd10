//! The messages that every kind of IPC carries here: numbered, with contents that the receiver can
//! check. `cargo lesson-7` sends them through every channel.

use std::io;
use std::sync::atomic::Ordering::Relaxed;

use crate::atomics::AtomicU64;
use crate::ring::TryError;

/// The eight bytes at word `index` of message `number`: cheap, and different for each pair.
fn word(number: u64, index: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(index)
}

/// Fills `message` with the contents of message `number`.
pub fn write(number: u64, message: &mut [u8]) {
    let (words, rest) = message.as_chunks_mut::<8>();
    for (index, bytes) in (0..).zip(words) {
        *bytes = word(number, index).to_ne_bytes();
    }
    rest.fill(number.to_ne_bytes()[0]);
}

/// Checks every byte of `message`, which must be message `number`: no message is lost, repeated or
/// torn.
///
/// # Errors
/// `EBADMSG` if `message` holds anything else.
pub fn verify(number: u64, message: &[u8]) -> io::Result<()> {
    let (words, rest) = message.as_chunks::<8>();
    let pairs = (0..).zip(words);
    // Collects all differences in one number, so that there is no branch for each word.
    let wrong = pairs.fold(0, |wrong, (index, bytes)| {
        wrong | (u64::from_ne_bytes(*bytes) ^ word(number, index))
    });
    let right = wrong == 0 && rest.iter().all(|byte| *byte == number.to_ne_bytes()[0]);
    if right { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::EBADMSG)) }
}

/// Stores message `number` directly into a slot.
pub fn store(number: u64, words: &[AtomicU64]) {
    for (index, place) in (0..).zip(words) {
        place.store(word(number, index), Relaxed);
    }
}

/// Checks message `number` in its slot. Loads each word once.
///
/// # Errors
/// [`TryError::Corrupt`] if the slot holds anything else.
pub fn check(number: u64, words: &[AtomicU64]) -> Result<(), TryError> {
    let pairs = (0..).zip(words);
    let wrong =
        pairs.fold(0, |wrong, (index, place)| wrong | (place.load(Relaxed) ^ word(number, index)));
    if wrong == 0 { Ok(()) } else { Err(TryError::Corrupt) }
}
