//! Exercise 2: `post` and `take`, a mailbox in a mapped file.

mod alone;
mod diagnoses;
mod hostile;
mod together;
mod waiting;

use super::{Check, Exercise};

/// `post FILE TEXT` and `take FILE`.
pub(super) const EXERCISE: Exercise = Exercise {
    number: 2,
    lesson: "lesson-2-shared-access",
    title: "post and take",
    minutes: 90,
    usage: &["exercise-2 post FILE TEXT", "exercise-2 take FILE"],
    contract: CONTRACT,
    checks: CHECKS,
    diagnoses: diagnoses::DIAGNOSES,
};

const CONTRACT: &str = "\
FILE holds a mailbox of 4096 bytes: bytes 0–3 `full` (u32, 0 or 1), 4–7 `length` (u32), 8–4095 the \
text; native byte order. Whoever comes first creates and sizes it (0 bytes: not sized yet; any other \
size than 4096: a failure). `post` waits until the box is empty, stores the text, then marks it full. \
`take` waits until it is full, prints the text and a newline, then marks it empty. Each waits at most \
5 seconds (then: a failure); how it waits is free here, and both sides are always the same program. \
One poster and one taker at a time; in every interleaving of the two, `take` prints a whole message or \
waits. An empty TEXT is a message; one longer than 4088 bytes is a failure and changes nothing. `take` \
trusts nothing: a `length` above 4088, or a `full` that is neither 0 nor 1, is a failure, not a crash.";

const CHECKS: &[Check] = &[
    Check::new(
        "posts",
        "`post` makes the box if there is none, stores the text and marks it full",
        10,
        &[],
        alone::posts,
    ),
    Check::new(
        "takes",
        "`take` prints the text and a newline, and marks the box empty",
        10,
        &[],
        alone::takes,
    ),
    Check::new(
        "mapping",
        "FILE's bytes are reached through a shared mapping and no call",
        10,
        &["posts", "takes"],
        alone::mapping,
    ),
    Check::new(
        "lengths",
        "an empty text and one of 4088 bytes are messages; a longer one changes nothing",
        10,
        &["posts", "takes"],
        hostile::lengths,
    ),
    Check::new(
        "trusts-nothing",
        "`take` refuses a length above 4088, and a `full` that is neither 0 nor 1",
        10,
        &["takes"],
        hostile::lies,
    ),
    Check::new("calls", "a wrong call gets one line of usage and status 2", 5, &[], hostile::calls),
    Check::new(
        "files",
        "what is no file of 4096 bytes is a failure, at once",
        5,
        &["posts", "takes"],
        hostile::files,
    ),
    Check::new(
        "output",
        "a message that cannot be printed is a failure",
        5,
        &["takes"],
        hostile::output,
    ),
    Check::new(
        "together",
        "`post` and `take` at once, each stopped at most once (two switches), at any of its stores: \
         `take` prints a whole message or waits",
        25,
        &["posts", "takes"],
        together::together,
    ),
    Check::new(
        "gives-up",
        "a process that has waited for 5 seconds fails",
        10,
        &["posts", "takes"],
        waiting::gives_up,
    )
    .concurrent(),
];

/// The size of a box, and of the longest text: numbers of the contract.
const SIZE: usize = 4 << 10;
const LONGEST: usize = SIZE - 8;

/// A box as it lies in a file.
fn mailbox(full: u32, length: u32, text: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; SIZE];
    bytes[..4].copy_from_slice(&full.to_ne_bytes());
    bytes[4..8].copy_from_slice(&length.to_ne_bytes());
    bytes[8..8 + text.len()].copy_from_slice(text);
    bytes
}

/// A full box with this text.
fn full_of(text: &str) -> Vec<u8> {
    mailbox(1, u32::try_from(text.len()).unwrap_or(u32::MAX), text.as_bytes())
}

/// The same box, taken: what was in it is still there.
fn emptied(text: &str) -> Vec<u8> {
    let mut bytes = full_of(text);
    bytes[..4].copy_from_slice(&0_u32.to_ne_bytes());
    bytes
}

/// The u32 at a byte.
fn word(file: &[u8], at: usize) -> Option<u32> {
    file.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes)
}
