//! Exercise 6: `lines`, mmap instead of read.

mod costs;
mod counts;
mod cut;
mod diagnoses;
mod failures;
mod gigabyte;
mod pass;
mod populated;
mod tally;

pub use gigabyte::{LARGEST_FILE, SMALLEST_FILE};

use super::model::REFERENCES;
use super::{Check, Exercise};

/// `lines FILE…`.
pub(super) const EXERCISE: Exercise = Exercise {
    number: 6,
    lesson: "lesson-6-mmap-instead-of-read",
    title: "lines",
    minutes: 60,
    usage: &["exercise-6 lines FILE..."],
    core: CORE,
    edges: EDGES,
    two_at_a_time: true,
    checks: CHECKS,
    diagnoses: diagnoses::DIAGNOSES,
    not_judged: &[REFERENCES],
    scenarios: Vec::new,
};

const CORE: &str = "\
`lines` prints `LINES BYTES NAME` for each FILE, as `wc -lc` counts, and `LINES BYTES total` if several \
were given. It counts in a mapping of FILE.\n\n\
A file of a gigabyte works with less than 16 MiB of private memory, above what the program has when it \
opens a FILE first. (If the judge's machine has less than \
2 GiB of memory to spare, the judge takes a smaller file and says so.) For this file, the program may use 8 times the \
processor time of the reference program, beside the 2 seconds of every check. FILE is read in one pass and no more: the page \
faults that a file of 64 MiB in the page cache costs above a file of one line, the lowest of three runs, are at \
most 1.5 times those of the reference program, plus 16. Mappings are released: at most 8 mappings of \
FILEs exist at a time. The time, and its ratio to the reference program's, are printed and not judged.";

const EDGES: &str = "\
An empty FILE has 0 lines and 0 bytes. A last line without a newline is not counted, and its bytes are. \
Thousands of small files work, and so does a total above 2 GiB. A FILE that cannot be mapped \
gets its line on standard error, the others are still counted, and the exit status is 1.\n\n\
Extra credit: a FILE that is truncated while it is counted gets such a line too, and no crash.";

const CHECKS: &[Check] = &[
    Check::new(
        "counts",
        "lines and bytes are counted as `wc -lc` counts, and summed if there are several FILEs",
        20,
        &[],
        counts::counts,
    ),
    Check::new(
        "mapping",
        "FILE's bytes are reached through a mapping, and through no call",
        10,
        &["counts"],
        counts::mapping,
    ),
    Check::new(
        "released",
        "at most 8 mappings of FILEs exist at a time",
        14,
        &["counts"],
        counts::released,
    ),
    Check::new(
        "one-pass",
        "a file of 64 MiB costs the page faults of one pass, and no copy of it",
        22,
        &["counts"],
        pass::one_pass,
    ),
    Check::new(
        "gigabyte",
        "a file of a gigabyte, or of what the memory allows, works with private memory below 16 MiB",
        14,
        &["counts"],
        gigabyte::gigabyte,
    )
    .concurrent(),
    Check::new(
        "empty",
        "an empty FILE has 0 lines and 0 bytes, and is no failure",
        3,
        &["counts"],
        counts::empty,
    )
    .edge(),
    Check::new(
        "unended",
        "a last line without a newline is not counted, and its bytes are",
        3,
        &["counts"],
        counts::unended,
    )
    .edge(),
    Check::new(
        "small-files",
        "thousands of small files work in one call",
        3,
        &["released"],
        counts::small_files,
    )
    .edge(),
    Check::new(
        "sums",
        "a total above 2 GiB is right",
        2,
        &["counts", "gigabyte"],
        gigabyte::sums,
    )
    .edge()
    .concurrent(),
    Check::new(
        "failures",
        "a FILE that cannot be mapped gets its line, the others are counted, the status is 1",
        4,
        &["counts"],
        failures::others_are_counted,
    )
    .edge(),
    Check::new(
        "full-output",
        "standard output that cannot be written is a failure that names it",
        3,
        &["counts"],
        failures::full_output,
    )
    .edge(),
    Check::new(
        "usage",
        "a wrong call gets one line of usage and exit status 2",
        2,
        &[],
        failures::usage,
    )
    .edge(),
    Check::new(
        "cut",
        "a FILE that is truncated while it is counted gets its line, and no crash",
        10,
        &["failures"],
        cut::cut,
    )
    .extra(),
];
