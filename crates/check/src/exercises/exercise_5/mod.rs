//! Exercise 5: `add` and `transfer`, races and semaphores.

mod alone;
mod crowd;
mod diagnoses;
mod killed;
mod together;
mod waiting;

use super::{Check, Exercise};

/// `add FILE TIMES` and `transfer FILE FROM TO AMOUNT`.
pub(super) const EXERCISE: Exercise = Exercise {
    number: 5,
    lesson: "lesson-5-races-and-semaphores",
    title: "add and transfer",
    minutes: 120,
    usage: &["exercise-5 add FILE TIMES", "exercise-5 transfer FILE FROM TO AMOUNT"],
    contract: CONTRACT,
    checks: CHECKS,
    diagnoses: diagnoses::DIAGNOSES,
};

const CHECKS: &[Check] = &[
    Check::new("adds", "`add` adds 1 to the counter, TIMES times", 8, &[], alone::adds),
    Check::new(
        "makes",
        "a missing FILE is made, mode 0600; an empty one is filled",
        6,
        &["adds"],
        alone::makes,
    ),
    Check::new(
        "transfers",
        "`transfer` moves money, or fails and changes nothing",
        10,
        &[],
        alone::transfers,
    ),
    Check::new(
        "mapping",
        "FILE's bytes are reached through a mapping and no call",
        6,
        &["adds", "transfers"],
        alone::mapping,
    ),
    Check::new("calls", "a wrong call gets one line of usage and status 2", 5, &[], alone::calls),
    Check::new(
        "files",
        "what is no file of 4096 bytes is a failure, at once",
        5,
        &["adds"],
        alone::files,
    ),
    Check::new(
        "additions",
        "two additions at once, each stopped at most once (two switches), at any of its stores: \
         none is lost",
        15,
        &["adds"],
        together::additions,
    ),
    Check::new(
        "transfers-at-once",
        "two transfers at once, each stopped at most once (two switches), at any of its stores: \
         no money is lost or made",
        15,
        &["transfers"],
        together::transfers,
    ),
    Check::new(
        "crowd",
        "six processes at once, as fast as they can: nothing is lost",
        5,
        &["additions", "transfers-at-once"],
        crowd::crowd,
    ),
    Check::new(
        "kills",
        "killed before any of its stores or lock calls, a process holds up nobody",
        15,
        &["adds", "transfers"],
        killed::kills,
    ),
    Check::new(
        "waiting",
        "a process that waits for a lock leaves the processor to others",
        10,
        &["adds", "transfers"],
        waiting::waiting,
    ),
];

const CONTRACT: &str = "\
FILE is 4096 bytes; a missing or empty one is made and zeroed by whoever comes first; any other size is
a failure. Bytes 1024 to 2047 are free for the program's own lock; the judge also hands over files that
exist, with balances set and these bytes zero: zero means \"no lock made yet\".

`add` adds 1 to the u64 at byte 0, TIMES times. `transfer` moves AMOUNT from account FROM to account TO
(accounts 1 to 8: the u64 at byte 8 times its number, native byte order; equal or other numbers are
wrong calls), or fails and changes nothing if FROM holds too little or TO would pass the largest u64.
AMOUNT 0 and TIMES 0 succeed; a number above 2^64-1 is a wrong call. A new FILE has mode 0600; a failing
`transfer` may leave it zeroed.

Any number of both run at once, each process started by itself, in every interleaving: no addition is
lost, no account goes below zero, the sum of the accounts stays. If one is killed with SIGKILL at any
point, the others still finish within 5 seconds (a transfer that was killed may stay half done). While
another process is stopped inside its critical section for 500 ms, a waiter uses, in those 500 ms, at
most 50 ms of processor time and 1 000 system calls.";

/// What the counter holds in the files that the judge hands over.
const COUNTER: u64 = 41;
/// And the accounts.
const BALANCES: [u64; 8] = [100, 100, 100, 0, 5, 6, 7, u64::MAX / 2];

/// A file as the judge hands it over.
fn bank() -> Vec<u8> {
    let mut bytes = vec![0; SIZE];
    let words = [COUNTER].into_iter().chain(BALANCES);
    for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_ne_bytes());
    }
    bytes
}

/// The size of a FILE, a number of the contract.
const SIZE: usize = 4 << 10;

/// The u64 at a byte.
fn word(file: &[u8], at: usize) -> Option<u64> {
    file.get(at..at + 8)?.try_into().ok().map(u64::from_ne_bytes)
}
