//! The job that every kind of IPC does here: messages in order, each with contents that the receiver
//! can check. `cargo lesson-7` sends them all ways.

use std::io;
use std::sync::atomic::Ordering::Relaxed;

use crate::atomics::AtomicU64;
use crate::ring::NotNow;

/// Eight bytes of message `number` at word `index`: different for each of both, cheap to make.
fn word(number: u64, index: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(index)
}

/// Writes message `number` to all of `message`.
pub fn write(number: u64, message: &mut [u8]) {
    let (words, rest) = message.as_chunks_mut::<8>();
    for (index, bytes) in (0..).zip(words) {
        *bytes = word(number, index).to_ne_bytes();
    }
    rest.fill(number.to_ne_bytes()[0]);
}

/// Checks every byte of `message`, which must be message `number`: nothing lost, nothing twice,
/// nothing torn.
///
/// # Errors
/// `EBADMSG` if it is not.
pub fn verify(number: u64, message: &[u8]) -> io::Result<()> {
    let (words, rest) = message.as_chunks::<8>();
    let pairs = (0..).zip(words);
    // All differences in one number, so that a right message is checked without a branch a word.
    let wrong = pairs.fold(0, |wrong, (index, bytes)| {
        wrong | (u64::from_ne_bytes(*bytes) ^ word(number, index))
    });
    let right = wrong == 0 && rest.iter().all(|byte| *byte == number.to_ne_bytes()[0]);
    if right { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::EBADMSG)) }
}

/// Writes message `number` where it is to lie.
pub fn store(number: u64, words: &[AtomicU64]) {
    for (index, place) in (0..).zip(words) {
        place.store(word(number, index), Relaxed);
    }
}

/// Checks message `number` where it lies: each word is loaded once.
///
/// # Errors
/// [`NotNow::Corrupt`] if it is not.
pub fn check(number: u64, words: &[AtomicU64]) -> Result<(), NotNow> {
    let pairs = (0..).zip(words);
    let wrong =
        pairs.fold(0, |wrong, (index, place)| wrong | (place.load(Relaxed) ^ word(number, index)));
    if wrong == 0 { Ok(()) } else { Err(NotNow::Corrupt) }
}
