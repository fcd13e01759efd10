//! Exercise 2: `post` and `take`, a mailbox in a mapped file.

mod alone;
mod diagnoses;
mod early_loads;
mod hostile;
mod second_load;
mod together;
mod untraced;
mod waiting;

use super::model::{LOADS, ORDERINGS, REFERENCES};
use super::{Check, Exercise};

/// `post FILE TEXT` and `take FILE`.
pub(super) const EXERCISE: Exercise = Exercise {
    number: 2,
    lesson: "lesson-2-shared-access",
    title: "post and take",
    minutes: 90,
    usage: &["exercise-2 post FILE TEXT", "exercise-2 take FILE"],
    core: CORE,
    edges: EDGES,
    two_at_a_time: false,
    checks: CHECKS,
    diagnoses: diagnoses::DIAGNOSES,
    not_judged: &[ORDERINGS, LOADS, REFERENCES],
    scenarios: together::scenarios,
};

const CORE: &str = "\
FILE holds a mailbox of 4096 bytes: bytes 0 to 3 are `full` (a u32: 0 or 1), bytes 4 to 7 are `length` (a \
u32), bytes 8 to 4095 are the text. Numbers have the byte order of the machine. Whichever process comes \
first makes FILE. A process that finds FILE with 0 bytes gives it its 4096 bytes.\n\n\
`post` waits until the box is empty, stores the text, then marks the box full. `take` waits until the box is \
full, prints the text and a newline, then marks the box empty. How a process waits for \
the other one is free: it may sleep or spin. Locks on files and futexes work, and so do FIFOs and Unix sockets \
that have a path in FILE's directory. The judge allows no network socket, no connection to a Unix socket with an \
abstract name, no signal to the other process, and no named semaphore (it is a file in /dev/shm). There is one `post` and \
one `take` at a time, and both are always the same program. In every interleaving of the two, `take` prints \
a whole message or waits.\n\n\
`take` trusts nothing that it finds in FILE: a `length` above 4088, or a `full` that is neither 0 nor 1, is a \
failure, not a crash. Another process may store a wrong `length` at any moment.";

const EDGES: &str = "\
Each waits at most 5 seconds; then that is a failure. An empty TEXT is a message, and a TEXT may hold any \
bytes but NUL, also some that are not UTF-8. A TEXT longer than 4088 \
bytes is a failure and changes nothing. A FILE of another size than 0 or 4096 bytes is a failure. The box is \
marked empty when the bytes are written to standard output; it is not enough that an output function has \
collected them. A message that cannot be printed stays in the box.";

const CHECKS: &[Check] = &[
    Check::new(
        "posts",
        "`post` makes the box if there is none, stores the text and marks it full",
        12,
        &[],
        alone::posts,
    ),
    Check::new(
        "takes",
        "`take` prints the text and a newline, and marks the box empty",
        12,
        &[],
        alone::takes,
    ),
    Check::new(
        "mapping",
        "FILE's bytes are reached through a shared mapping, and through no call",
        10,
        &["posts", "takes"],
        alone::mapping,
    ),
    Check::new(
        "together",
        "`post` and `take` at once, each stopped at most once, before or after any of its stores, while the \
         other goes on; `take` stopped just after it has loaded a part of the message; and both without \
         a tracer: `take` prints a whole message or waits",
        32,
        &["posts", "takes"],
        together::together,
    ),
    Check::new(
        "trusts-nothing",
        "`take` refuses a `length` above 4088, and a `full` that is neither 0 nor 1, also if `length` \
         changes after it was loaded",
        14,
        &["takes"],
        hostile::lies,
    ),
    Check::new(
        "gives-up",
        "a process that has waited for 5 seconds fails",
        3,
        &["posts", "takes"],
        waiting::gives_up,
    )
    .edge()
    .concurrent(),
    Check::new(
        "empty-text",
        "an empty text is a message, and so is one that is not UTF-8",
        2,
        &["posts", "takes"],
        hostile::unusual_texts,
    )
    .edge(),
    Check::new(
        "long-text",
        "a text of 4088 bytes is a message, and a longer one is a failure that changes nothing",
        3,
        &["posts", "takes"],
        hostile::long_text,
    )
    .edge(),
    Check::new(
        "files",
        "a FILE of another size, or that is no regular file, is a failure, at once",
        3,
        &["posts", "takes"],
        hostile::files,
    )
    .edge()
    .concurrent(),
    Check::new(
        "error-lines",
        "a box that is refused gets one line that names it, and status 1",
        2,
        &["trusts-nothing"],
        hostile::error_lines,
    )
    .edge(),
    Check::new(
        "marks-last",
        "`take` marks the box empty when the text and the newline are printed, and not before",
        2,
        &["takes"],
        alone::marks_last,
    )
    .edge(),
    Check::new(
        "full-output",
        "a message that cannot be printed is a failure, and stays in the box",
        3,
        &["takes"],
        hostile::output,
    )
    .edge(),
    Check::new("calls", "a wrong call gets one line of usage and status 2", 2, &[], hostile::calls)
        .edge(),
];

pub(crate) use together::scenario_named;

/// Why a load by `take` cannot be met.
const NO_WATCHPOINTS: &str = "this machine cannot stop a program at its loads";

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
