//! The job that every kind of IPC does here: messages in order, each with contents that the receiver
//! can check. `cargo lesson-7` sends them all ways.

use std::io;

/// Eight bytes of message `number` at word `index`: different for each of both, cheap to make.
fn word(number: u64, index: u64) -> u64 {
    (number << 20 ^ index).wrapping_mul(0x9e37_79b9_7f4a_7c15)
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
