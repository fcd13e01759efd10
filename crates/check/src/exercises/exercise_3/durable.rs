//! `durable K` is true at the moment at which it is said.

use sandbox::WorkDirectory;

use super::ledger::{SLOT, ledger, make, slots_per_page};
use super::slots::call;
use super::watch::{AtLine, Watch};
use crate::disk::{after_a_reboot, has_disk, on_a_disk};
use crate::exercises::Bench;
use crate::observe::{self, Run};
use crate::verdict::{CheckError, Finding, Verdict, failed};

/// Whether there is a disk at all.
pub(super) fn on_disk(bench: &mut Bench) -> Verdict {
    bench.needs_tracing("no moment can be looked at")?;
    match has_disk(bench.work_directory().path())? {
        true => Ok(()),
        false => Err(CheckError::Cannot(format!(
            "no disk below the scratch ({}): a flushed page stays dirty. LESSON_SCRATCH names \
             another",
            bench.settings().ground.file_system
        ))),
    }
}

/// One record on the second page; then several, each on a page of its own.
pub(super) fn existing(bench: &mut Bench) -> Verdict {
    let page = slots_per_page();
    watched(bench, Some(ledger(3 * page, &[page + 3])), &[(page + 3, "paid 42")])?;
    let scattered = [(2, "first page"), (page + 1, "second"), (2 * page + 9, "third")];
    watched(bench, Some(ledger(3 * page, &scattered.map(|(slot, _)| slot))), &scattered)
}

/// Records on pages that were not there before.
pub(super) fn grown(bench: &mut Bench) -> Verdict {
    let page = slots_per_page();
    let records = [(page - 1, "the last free slot"), (page, "the first of the new page")];
    watched(bench, Some(ledger(page, &[page - 1])), &records)
}

/// A record in a file that was not there before.
pub(super) fn new_file(bench: &mut Bench) -> Verdict {
    watched(bench, None, &[(0, "the first"), (1, "the second")])
}

/// A flush that fails: no line.
pub(super) fn failed_flush(bench: &mut Bench) -> Verdict {
    make(bench.work_directory(), &ledger(4, &[2]))?;
    let path = bench.work_directory().path().join("FILE");
    let mut refuses = super::refusing::Refusing::new(&path);
    let run = bench.observe(&bench.start(&["record", "FILE", "paid 42"]), &mut refuses)?;
    run.lives()?;
    if let Some(why) = refuses.cannot() {
        return Err(CheckError::Cannot(why.into()));
    }
    if run.stdout.bytes.is_empty() {
        return run.fails_naming(&["FILE"]);
    }
    let said = format!("it said {:?}", run.stdout.text());
    failed(
        "failed-flush-ignored",
        "no line `durable 2`: the disk answered EIO (made up here)",
        said,
    )
}

/// As root: what a reboot finds at the moment of each line, on a disk of its own.
pub(super) fn power_cut(bench: &mut Bench) -> Verdict {
    if !bench.settings().ground.root {
        return Err(CheckError::Cannot("a disk to be cut from its power needs root".into()));
    }
    let page = slots_per_page();
    let two = [(1, "on the first page"), (page + 2, "on the second")];
    let directory = bench.work_directory().path().with_extension("disk");
    on_a_disk(&directory, move |disk| {
        // A verdict is not a failure of the disk.
        Ok([(Some(ledger(2 * page, &two.map(|(slot, _)| slot))), &two[..]), (None, &[(0, "new")])]
            .into_iter()
            .enumerate()
            .try_for_each(|(number, (before, records))| {
                let name = format!("room-{number}");
                let room = WorkDirectory::at(disk.root.join(&name))?;
                let inside = std::path::Path::new(&name).join("FILE");
                let mut reboot = |slot: usize, text: &str| {
                    let found = after_a_reboot(disk, &inside)?.unwrap_or_default();
                    found_again(&found, slot, text)
                };
                watched_in(bench, &room, before, records, &mut reboot).map(drop)
            }))
    })
    .map_err(|failure| CheckError::Cannot(failure.to_string()))?
}

fn found_again(found: &[u8], slot: usize, text: &str) -> Verdict {
    let place = found.get(slot * SLOT..(slot + 1) * SLOT).unwrap_or_default();
    if place.starts_with(text.as_bytes()) {
        return Ok(());
    }
    let expected = format!("{text:?} in slot {slot} after a power cut at that instant");
    let actual = format!("a reboot finds {:?} there", String::from_utf8_lossy(place));
    Err(Finding::new("not-durable-when-said", expected, actual).into())
}

fn watched(bench: &mut Bench, before: Option<Vec<u8>>, records: &[(usize, &str)]) -> Verdict {
    bench.new_work_directory()?;
    let run = watched_in(bench, bench.work_directory(), before, records, &mut |_, _| Ok(()))?;
    run.succeeds()?;
    super::ledger::expect_lines(&run, records)
}

fn watched_in(
    bench: &Bench,
    room: &WorkDirectory,
    before: Option<Vec<u8>>,
    records: &[(usize, &str)],
    at_line: AtLine<'_>,
) -> Verdict<Run> {
    if let Some(content) = &before {
        make(room, content)?;
    }
    let directory = common::Context::step(std::fs::File::open(room.path()), "open the room")?;
    common::Context::step(directory.sync_all(), "fsync the room")?;
    let mut watch = Watch::new(&room.path().join("FILE"), before, records, at_line);
    let mut sandbox = bench.sandbox_in(room)?;
    observe::run(&mut sandbox, &bench.start(&call(records)), &mut watch)
}
