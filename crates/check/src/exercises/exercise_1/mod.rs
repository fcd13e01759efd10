//! Exercise 1: `poke` and `peek`, mapping a file.

mod diagnoses;
mod failures;
mod large_offsets;
mod peek;
mod poke;
mod shared;

use super::model::REFERENCES;
use super::{Check, Exercise};

/// `poke FILE OFFSET TEXT` and `peek FILE OFFSET LEN`.
pub(super) const EXERCISE: Exercise = Exercise {
    number: 1,
    lesson: "lesson-1-mapping-a-file",
    title: "poke and peek",
    minutes: 60,
    usage: &["exercise-1 poke FILE OFFSET TEXT", "exercise-1 peek FILE OFFSET LEN"],
    core: CORE,
    edges: EDGES,
    two_at_a_time: true,
    checks: CHECKS,
    diagnoses: diagnoses::DIAGNOSES,
    not_judged: &[REFERENCES],
    scenarios: Vec::new,
};

const CORE: &str = "\
`poke` stores the bytes of TEXT in FILE, from byte OFFSET on, through a shared mapping. No other byte \
changes. OFFSET may be any byte, and TEXT may cross the border of two pages. If there is no FILE, `poke` \
makes it. If FILE ends before OFFSET + length of TEXT, it grows to exactly that length.\n\n\
`peek` prints exactly LEN bytes from byte OFFSET on, from a mapping. It opens FILE for reading only. If \
the range reaches past the end of the file, `peek` fails and prints nothing.\n\n\
Both work beyond a terabyte in a sparse file, with 512 MiB of address space above what the program has \
when it opens FILE: map what you need, not the whole file.";

const EDGES: &str = "\
A new FILE has mode 0600. An empty TEXT still makes FILE grow to OFFSET. OFFSET may be up to 2⁶³−1; if \
OFFSET + length is above that, or above what the file system can hold, that is a failure. A `poke` that \
fails changes no byte and leaves no new FILE. `peek` creates nothing. LEN is 0 to 64 MiB; LEN 0 succeeds at \
any OFFSET.";

const CHECKS: &[Check] = &[
    Check::new(
        "poke-stores",
        "poke stores TEXT at OFFSET and changes no other byte",
        12,
        &[],
        poke::stores,
    ),
    Check::new(
        "poke-maps",
        "poke's bytes go through a shared mapping, and through no call",
        8,
        &["poke-stores"],
        poke::maps,
    ),
    Check::new(
        "poke-across-pages",
        "TEXT may begin at, end at and cross the border of two pages",
        10,
        &["poke-stores"],
        poke::across_pages,
    ),
    Check::new(
        "poke-grows",
        "a missing FILE is made, and a shorter one grows to exactly OFFSET + length",
        10,
        &["poke-stores"],
        poke::grows,
    ),
    Check::new("peek-prints", "peek prints exactly LEN bytes from OFFSET", 12, &[], peek::prints),
    Check::new(
        "peek-maps",
        "peek's bytes come from a mapping, and FILE is opened for reading only",
        8,
        &["peek-prints"],
        peek::maps,
    ),
    Check::new(
        "peek-past-the-end",
        "a range past the end of FILE is a failure, with nothing printed",
        10,
        &["peek-prints"],
        peek::past_the_end,
    ),
    Check::new(
        "far",
        "both work beyond a terabyte in a sparse file, with 512 MiB of address space",
        10,
        &["poke-grows", "peek-prints"],
        large_offsets::far,
    ),
    Check::new("mode", "a new FILE has mode 0600", 2, &["poke-grows"], poke::mode).edge(),
    Check::new(
        "empty-text",
        "an empty TEXT makes a shorter FILE grow, and leaves a longer one alone",
        3,
        &["poke-grows"],
        poke::empty_text,
    )
    .edge(),
    Check::new(
        "largest-offsets",
        "above 2⁶³−1, or what the file system holds, poke fails, changes nothing and leaves no new FILE",
        3,
        &["far"],
        large_offsets::too_far,
    )
    .edge(),
    Check::new(
        "lengths",
        "LEN 0 succeeds at any OFFSET, and LEN goes up to 64 MiB",
        2,
        &["peek-prints"],
        large_offsets::lengths,
    )
    .edge()
    .concurrent(),
    Check::new(
        "failures",
        "a FILE that cannot be opened, or ends too early, is a failure: one line that names it, and status 1",
        4,
        &["poke-stores", "peek-past-the-end"],
        failures::named,
    )
    .edge()
    .concurrent(),
    Check::new(
        "irregular-files",
        "a directory, a FIFO or a device is a failure, at once",
        2,
        &["poke-stores", "peek-prints"],
        failures::irregular_files,
    )
    .edge()
    .concurrent(),
    Check::new(
        "full-output",
        "standard output that cannot be written is a failure that names it",
        2,
        &["peek-prints"],
        failures::full_output,
    )
    .edge()
    .concurrent(),
    Check::new(
        "wrong-calls",
        "a wrong call gets one line of usage and exit status 2, and touches nothing",
        2,
        &[],
        failures::wrong_calls,
    )
    .edge()
    .concurrent(),
];
