//! Exercise 1: `poke` and `peek`, mapping a file.

mod diagnoses;
mod failures;
mod large_offsets;
mod peek;
mod poke;
mod shared;

use super::{Check, Exercise};

/// `poke FILE OFFSET TEXT` and `peek FILE OFFSET LEN`.
pub(super) const EXERCISE: Exercise = Exercise {
    number: 1,
    lesson: "lesson-1-mapping-a-file",
    title: "poke and peek",
    minutes: 60,
    usage: &["exercise-1 poke FILE OFFSET TEXT", "exercise-1 peek FILE OFFSET LEN"],
    contract: CONTRACT,
    checks: CHECKS,
    diagnoses: diagnoses::DIAGNOSES,
};

const CONTRACT: &str = "\
`poke` stores TEXT's bytes at byte OFFSET through a shared mapping. A missing FILE is created with \
mode 0600; a shorter one grows to exactly OFFSET + length; no other byte changes and the file never \
shrinks; a failing `poke` changes no byte and leaves no new file. `peek` prints exactly LEN bytes from \
OFFSET to standard output, opens FILE for reading only, creates nothing, and treats a range that \
reaches past the end of the file as a failure with nothing printed. Any OFFSET from 0 to 2⁶³−1 works: \
unaligned, across a page boundary, beyond a terabyte in a sparse file, with the address space limited \
to 512 MiB; OFFSET + length above 2⁶³−1, or above what the file system can hold, is a failure. An \
empty TEXT still grows the file. LEN is 0 to 64 MiB; 0 succeeds at any OFFSET if FILE can be opened.";

const CHECKS: &[Check] = &[
    Check::new(
        "poke-stores",
        "poke stores TEXT at OFFSET and changes no other byte",
        8,
        &[],
        poke::stores,
    ),
    Check::new(
        "poke-maps",
        "poke's bytes go through a shared mapping and no call",
        6,
        &["poke-stores"],
        poke::maps,
    ),
    Check::new(
        "poke-across-pages",
        "TEXT may begin at, end at and cross the border of two pages",
        6,
        &["poke-stores"],
        poke::across_pages,
    ),
    Check::new(
        "poke-creates",
        "a missing FILE is made, with mode 0600 and zeros before OFFSET",
        6,
        &["poke-stores"],
        poke::creates,
    ),
    Check::new(
        "poke-grows",
        "a shorter FILE grows to exactly OFFSET + length",
        6,
        &["poke-stores"],
        poke::grows,
    ),
    Check::new(
        "poke-nothing",
        "an empty TEXT grows a shorter FILE and leaves a longer one alone",
        4,
        &["poke-grows"],
        poke::empty_text,
    ),
    Check::new(
        "poke-far",
        "poke works beyond a terabyte, fills no hole, and needs no 512 MiB of addresses",
        8,
        &["poke-grows"],
        large_offsets::poke,
    ),
    Check::new(
        "poke-too-far",
        "above 2⁶³−1, or what the file system holds, poke fails, changes nothing and leaves no new FILE",
        8,
        &["poke-grows"],
        large_offsets::poke_too_far,
    ),
    Check::new(
        "poke-failures",
        "a FILE that is not to be written, or is no regular file, is a failure at once, in one line",
        6,
        &["poke-stores"],
        failures::of_poke,
    ),
    Check::new("peek-prints", "peek prints exactly LEN bytes from OFFSET", 8, &[], peek::prints),
    Check::new(
        "peek-maps",
        "peek's bytes come from a mapping; FILE is opened for reading only",
        6,
        &["peek-prints"],
        peek::maps,
    ),
    Check::new(
        "peek-past-the-end",
        "a range past the end of FILE is a failure, with nothing printed",
        6,
        &["peek-prints"],
        peek::past_the_end,
    ),
    Check::new(
        "peek-nothing",
        "LEN 0 succeeds at any OFFSET if FILE can be opened",
        4,
        &["peek-prints"],
        peek::nothing,
    ),
    Check::new(
        "peek-much",
        "LEN goes up to 64 MiB, beyond a terabyte too, within 512 MiB of addresses",
        6,
        &["peek-prints"],
        large_offsets::peek,
    )
    .concurrent(),
    Check::new(
        "peek-failures",
        "a FILE that is missing or no regular file is a failure; nothing is created",
        4,
        &["peek-prints"],
        failures::of_peek,
    ),
    Check::new(
        "full-output",
        "standard output that cannot be written is a failure that names it",
        4,
        &["peek-prints"],
        failures::full_output,
    ),
    Check::new(
        "wrong-calls",
        "a wrong call gets one line of usage and exit status 2, and touches nothing",
        4,
        &[],
        failures::wrong_calls,
    ),
];
