//! Inputs that no program can know before: drawn from the seed that the report names.

use std::ops::Range;

use rand::RngExt;

use super::CheckContext;

/// So many letters, a to z.
pub(super) fn letters(context: &CheckContext, lengths: Range<usize>) -> String {
    let mut random = context.random();
    let length = random.random_range(lengths);
    (0..length).map(|_| char::from(random.random_range(b'a'..=b'z'))).collect()
}

/// So many bytes of any value.
pub(super) fn bytes(context: &CheckContext, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    context.random().fill(&mut bytes[..]);
    bytes
}

/// A number in this range.
pub(super) fn number(context: &CheckContext, range: Range<usize>) -> usize {
    context.random().random_range(range)
}
