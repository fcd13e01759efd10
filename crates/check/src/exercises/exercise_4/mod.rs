//! Exercise 4: `preview`, private mappings.

mod copies;
mod diagnoses;
mod sample;
mod shows;
mod untouched;

use super::model::REFERENCES;
use super::{Check, Exercise};

/// `preview FILE FROM TO`.
pub(super) const EXERCISE: Exercise = Exercise {
    number: 4,
    lesson: "lesson-4-private-mappings",
    title: "preview",
    minutes: 45,
    usage: &["exercise-4 preview FILE FROM TO"],
    core: CORE,
    edges: EDGES,
    two_at_a_time: true,
    checks: CHECKS,
    diagnoses: diagnoses::DIAGNOSES,
    not_judged: &[REFERENCES],
    scenarios: Vec::new,
};

const CORE: &str = "\
`preview` prints the bytes of FILE with every FROM replaced by TO. FROM and TO are one byte each. It edits \
a private mapping of FILE in place. FILE stays as it is, even its time of modification, and it is opened \
for reading only.\n\n\
Only pages that hold a FROM are copied, over the whole run: do not store to a page where nothing changes. \
A program may map FILE in parts, one after another.";

const EDGES: &str = "\
FILE may be empty: then nothing is printed. If FROM and TO are equal, FILE is printed and nothing is copied. Bytes above 127 work \
like all others.";

const CHECKS: &[Check] = &[
    Check::new(
        "output",
        "every FROM is replaced by TO in what is printed",
        18,
        &[],
        shows::replaced,
    ),
    Check::new(
        "mapping",
        "FILE's bytes are reached through a mapping, and through no call",
        10,
        &["output"],
        shows::mapping,
    ),
    Check::new(
        "untouched",
        "FILE stays as it is, its time of modification too",
        14,
        &["output"],
        untouched::untouched,
    ),
    Check::new(
        "read-only",
        "FILE is opened for reading only",
        10,
        &["output"],
        untouched::opened_for_reading,
    ),
    Check::new(
        "copies",
        "the pages that hold a FROM are edited in place, and no other page is copied",
        28,
        &["output"],
        copies::needed_only,
    ),
    Check::new(
        "empty",
        "an empty FILE prints nothing, and is no failure",
        4,
        &["output"],
        shows::empty,
    )
    .edge(),
    Check::new(
        "no-copies",
        "FROM equal to TO prints FILE and copies nothing",
        5,
        &["copies"],
        copies::none_if_equal,
    )
    .edge(),
    Check::new("any-bytes", "all 256 bytes work", 3, &["output"], shows::any_bytes).edge(),
    Check::new(
        "failures",
        "a FILE that is missing or no regular file is a failure, at once",
        3,
        &["output"],
        shows::refuses_other_files,
    )
    .edge(),
    Check::new(
        "full-output",
        "standard output that cannot be written is a failure that names it",
        3,
        &["output"],
        shows::full_output,
    )
    .edge(),
    Check::new(
        "usage",
        "a wrong call gets one line of usage and exit status 2",
        2,
        &[],
        shows::usage,
    )
    .edge(),
];
