//! Exercise 6: `lines`, mmap instead of read.

mod counts;
mod cut;
mod diagnoses;
mod failures;
mod gigabyte;
mod pass;
#[expect(unsafe_code, reason = "the proof's own reference, as it stands: a learner's program")]
#[allow(
    dead_code,
    clippy::undocumented_unsafe_blocks,
    reason = "only its count is called; it is written as learners write"
)]
#[path = "../../../proof/exercise-6/reference.rs"]
mod reference;
mod tally;
mod watch;

use super::{Check, Exercise};

/// `lines FILE…`.
pub(super) const EXERCISE: Exercise = Exercise {
    number: 6,
    lesson: "lesson-6-mmap-instead-of-read",
    title: "lines",
    minutes: 60,
    usage: &["exercise-6 lines FILE..."],
    contract: "Prints `LINES BYTES NAME` for each FILE, as `wc -lc` counts, and `LINES BYTES \
        total` if several were given. Empty files, files without a last newline, thousands of \
        small files, a file of a gigabyte: all work, with private memory below 16 MiB.\n\n\
        One pass and no more: the page faults that a warm 64 MiB file costs above an empty one, \
        the lowest of three runs, are at most 1.5 times the reference's plus 16. The time and its \
        ratio to the reference program's are printed, not judged. Mappings are released: at most \
        8 of FILEs exist at a time.\n\n\
        A FILE that cannot be mapped gets its line on standard error, the others are still \
        counted, and the exit status is 1. Extra credit: a FILE that is truncated while it is \
        counted gets such a line too, and no crash.",
    checks: &[
        Check::new("usage", "a wrong call gets one line of usage and 2", 6, &[], failures::usage),
        Check::new(
            "empty",
            "an empty FILE has 0 lines and 0 bytes, and is no failure",
            10,
            &[],
            counts::empty,
        ),
        Check::new(
            "counts",
            "lines and bytes are counted as `wc -lc` counts, through mappings",
            16,
            &[],
            counts::counts,
        ),
        Check::new(
            "small-files",
            "thousands of small files work, and at most 8 of them are mapped at a time",
            16,
            &["counts"],
            counts::small_files,
        ),
        Check::new(
            "one-pass",
            "a file of 64 MiB costs the page faults of one pass, and no copy of it",
            20,
            &["counts"],
            pass::one_pass,
        ),
        Check::new(
            "failures",
            "a FILE that cannot be mapped gets its line, the others are counted, the status is 1",
            14,
            &["counts"],
            failures::others_are_counted,
        ),
        Check::new(
            "gigabyte",
            "a file of a gigabyte works, with private memory below 16 MiB",
            12,
            &["counts"],
            gigabyte::gigabyte,
        )
        .concurrent(),
        Check::new(
            "full-output",
            "a failed write to standard output is a failure",
            6,
            &["counts"],
            failures::full_output,
        ),
        Check::new(
            "cut",
            "a FILE that is truncated while it is counted gets its line, and no crash",
            10,
            &["failures"],
            cut::cut,
        )
        .extra(),
    ],
    diagnoses: diagnoses::DIAGNOSES,
};
