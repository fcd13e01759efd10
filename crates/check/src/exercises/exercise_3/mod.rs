//! Exercise 3: `record` and `list`, msync.

mod diagnoses;
mod durable;
mod ledger;
mod lists;
mod refusing;
mod saying;
mod slots;
mod watch;

use super::{Check, Exercise};

/// `record FILE TEXT…` and `list FILE`.
pub(super) const EXERCISE: Exercise = Exercise {
    number: 3,
    lesson: "lesson-3-msync",
    title: "record and list",
    minutes: 90,
    usage: &["exercise-3 record FILE TEXT...", "exercise-3 list FILE"],
    contract: "FILE is a ledger of 64-byte slots; a slot whose first byte is 0 is free. `record` \
        stores each TEXT (1 to 63 bytes, no newline) in the lowest-numbered free slot through a \
        shared mapping, zeros behind it; no other slot changes. An empty or full FILE grows by zeros to \
        the next multiple of the page size above its length; a missing one is made, its mode is free.\n\n\
        It prints `durable K` (slots count from 0) and a newline when, and only when, that slot \
        is on the disk: if the power fails at the instant that the line appears, the record is \
        there after the next boot. Several TEXTs may share one flush. For a new FILE the \
        directory's entry counts too: `fsync` of the file or of its directory are both accepted. \
        A flush that fails is a failure.\n\n\
        An unfit TEXT is a failure before anything is stored; a FILE whose size is no multiple of \
        64 is a failure. One `record` runs at a time. `list` prints the used slots, one text a \
        line, each up to its first NUL, at most 64 bytes; a missing FILE is a failure.",
    checks: &[
        Check::new("disk", "FILE is on a disk", 0, &[], durable::on_disk),
        Check::new(
            "usage",
            "a wrong call gets one line of usage and 2",
            5,
            &["disk"],
            lists::usage,
        ),
        Check::new(
            "slots",
            "each TEXT goes to the lowest-numbered free slot, through a mapping, and nothing else \
             changes",
            12,
            &["disk"],
            slots::lowest_free_slot,
        ),
        Check::new(
            "growth",
            "a full FILE grows to the next multiple of the page size, and only a full one",
            8,
            &["slots"],
            slots::grows,
        ),
        Check::new("making", "a missing FILE is made", 8, &["slots"], slots::makes),
        Check::new(
            "durable",
            "`durable K` is said when slot K is on the disk, and not before",
            20,
            &["slots"],
            durable::existing,
        ),
        Check::new(
            "durable-growth",
            "`durable K` is as true of a slot that FILE has grown by",
            8,
            &["growth", "durable"],
            durable::grown,
        ),
        Check::new(
            "durable-name",
            "`durable K` in a new FILE is said when its directory's entry is on the disk, too",
            10,
            &["making", "durable"],
            durable::new_file,
        ),
        Check::new(
            "failed-flush",
            "a flush that fails is a failure, and `durable K` is not said",
            8,
            &["durable"],
            durable::failed_flush,
        ),
        Check::new(
            "unfit-texts",
            "an unfit TEXT is a failure before anything is stored",
            6,
            &["slots"],
            slots::refuses_unfit_texts,
        ),
        Check::new(
            "unfit-files",
            "what is no ledger is a failure, at once, and stays as it is",
            5,
            &["disk"],
            slots::refuses_other_files,
        ),
        Check::new(
            "list",
            "`list` prints the used slots, at most 64 bytes each",
            6,
            &["disk"],
            lists::lists,
        ),
        Check::new(
            "output",
            "a failed write to standard output is a failure",
            4,
            &["slots", "list"],
            lists::output,
        ),
        Check::new(
            "power-cut",
            "a disk that loses its power at that instant has the record after the reboot",
            0,
            &["durable", "durable-name"],
            durable::power_cut,
        )
        .where_possible(),
    ],
    diagnoses: diagnoses::DIAGNOSES,
};
