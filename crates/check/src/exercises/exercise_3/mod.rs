//! Exercise 3: `record` and `list`, msync.

mod diagnoses;
mod durable;
mod flush_observer;
mod ledger;
mod lists;
mod refusing;
mod saying;
mod slots;
mod steps;

use super::model::REFERENCES;
use super::{Check, Exercise};

/// `record FILE TEXT…` and `list FILE`.
pub(super) const EXERCISE: Exercise = Exercise {
    number: 3,
    lesson: "lesson-3-msync",
    title: "record and list",
    minutes: 90,
    usage: &["exercise-3 record FILE TEXT...", "exercise-3 list FILE"],
    core: CORE,
    edges: EDGES,
    two_at_a_time: true,
    checks: CHECKS,
    diagnoses: diagnoses::DIAGNOSES,
    not_judged: &[REFERENCES],
    scenarios: Vec::new,
};

const CORE: &str = "\
FILE is a ledger of slots of 64 bytes. A slot whose first byte is 0 is free. `record` stores each TEXT (1 to \
63 bytes, no newline) in the free slot with the lowest number, through a shared mapping, with zeros after \
it. No other slot changes. A full FILE grows, by zeros, to the next multiple of the page size. If there is \
no FILE, `record` makes it.\n\n\
`record` prints `durable K` and a newline for slot K (slots count from 0) when, and only when, that slot \
is on the disk: if the power fails at the instant that the line appears, the record is there after the next \
boot. Several TEXTs may share one flush. A flush that fails is a failure, also if the next one returns 0. One \
`record` runs at a time.\n\n\
`list` prints the used slots, one text a line.";

const EDGES: &str = "\
For a new FILE, its entry in the directory must be on the disk too: `fsync` of the file or of its directory \
are both accepted. A TEXT that does not fit is a failure before anything is stored. A FILE whose size is no \
multiple of 64 is a failure. `list` reads at most 64 bytes of a slot, and an empty FILE has no slots. \
A TEXT may hold any bytes but NUL and newline, also some that are not UTF-8. `list` creates nothing: a missing FILE \
is a failure.";

const CHECKS: &[Check] = &[
    Check::new("disk", "FILE is on a disk", 0, &[], durable::on_disk),
    Check::new(
        "slots",
        "each TEXT goes to the lowest-numbered free slot, through a mapping, and nothing else \
         changes",
        14,
        &["disk"],
        slots::lowest_free_slot,
    ),
    Check::new(
        "growth",
        "a full FILE grows to the next multiple of the page size, and only a full one",
        10,
        &["slots"],
        slots::grows,
    ),
    Check::new("making", "a missing FILE is made", 8, &["slots"], slots::makes),
    Check::new(
        "durable",
        "`durable K` is printed when slot K is on the disk, and not before",
        24,
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
        "failed-flush",
        "a flush that fails is a failure, and `durable K` is not printed",
        8,
        &["durable"],
        durable::failed_flush,
    ),
    Check::new("list", "`list` prints the used slots, one text a line", 8, &["disk"], lists::lists),
    Check::new(
        "power-cut",
        "after a power cut at the instant of the line, a reboot finds the record",
        0,
        &["durable"],
        durable::power_cut,
    )
    .where_possible(),
    Check::new(
        "durable-name",
        "`durable K` in a new FILE is printed when its directory's entry is on the disk, too",
        5,
        &["making", "durable"],
        durable::new_file,
    )
    .edge(),
    Check::new(
        "power-cut-name",
        "after a power cut at the instant of the line, a reboot finds a new FILE",
        0,
        &["durable-name"],
        durable::power_cut_name,
    )
    .where_possible()
    .edge(),
    Check::new(
        "unfit-texts",
        "a TEXT that does not fit is a failure before anything is stored",
        4,
        &["slots"],
        slots::refuses_unfit_texts,
    )
    .edge(),
    Check::new(
        "unfit-files",
        "a FILE that is no ledger is a failure, at once, and stays as it is",
        4,
        &["slots", "list"],
        slots::refuses_other_files,
    )
    .edge(),
    Check::new(
        "full-slots",
        "`list` prints any bytes, at most 64 of a slot, and nothing of an empty FILE",
        2,
        &["list"],
        lists::full_slots,
    )
    .edge(),
    Check::new(
        "full-output",
        "standard output that cannot be written is a failure that names it",
        3,
        &["slots", "list"],
        lists::output,
    )
    .edge(),
    Check::new(
        "usage",
        "a wrong call gets one line of usage and exit status 2",
        2,
        &["disk"],
        lists::usage,
    )
    .edge(),
];
