//! Exercise 4: `preview`, private mappings.

mod copies;
mod diagnoses;
mod sample;
mod shows;
mod untouched;

use super::{Check, Exercise};

/// `preview FILE FROM TO`.
pub(super) const EXERCISE: Exercise = Exercise {
    number: 4,
    lesson: "lesson-4-private-mappings",
    title: "preview",
    minutes: 45,
    usage: &["exercise-4 preview FILE FROM TO"],
    contract: "FROM and TO are exactly one byte each. Prints FILE's bytes with every FROM \
        replaced by TO, by editing a private mapping in place. FILE is untouched, even its time \
        of modification; it is opened for reading only; it may be empty.\n\n\
        Only pages that hold a FROM are copied, over the whole run (a program may map in windows): \
        one that stores where nothing changes fails. FROM equal to TO prints FILE and copies \
        nothing.",
    checks: &[
        Check::new("usage", "a wrong call gets one line of usage and 2", 6, &[], shows::usage),
        Check::new(
            "output",
            "every FROM is replaced by TO in what is printed, and FILE is read through a mapping",
            16,
            &[],
            shows::replaced,
        ),
        Check::new(
            "empty",
            "an empty FILE prints nothing, and is no failure",
            8,
            &[],
            shows::empty,
        ),
        Check::new(
            "untouched",
            "FILE stays as it is, its time of modification too",
            16,
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
            24,
            &["output"],
            copies::needed_only,
        ),
        Check::new(
            "no-copies",
            "FROM equal to TO prints FILE and copies nothing",
            8,
            &["output"],
            copies::none_if_equal,
        ),
        Check::new(
            "failures",
            "what is no regular file is a failure, at once",
            6,
            &[],
            shows::refuses_other_files,
        ),
        Check::new(
            "full-output",
            "a failed write to standard output is a failure",
            6,
            &["output"],
            shows::full_output,
        ),
    ],
    diagnoses: diagnoses::DIAGNOSES,
};
