//! `durable K` is true at the moment at which it is said.

use sandbox::WorkDirectory;

use super::flush_observer::{AtLine, FlushObserver};
use super::ledger::{SLOT, ledger, make, slots_per_page};
use super::slots::call;
use crate::disk::{after_a_reboot, has_disk, on_a_disk};
use crate::exercises::CheckContext;
use crate::observe::{self, Run};
use crate::verdict::{CheckError, Finding, Verdict, failed};

/// Whether there is a disk at all.
pub(super) fn on_disk(context: &mut CheckContext) -> Verdict {
    context.needs_tracing("no moment can be looked at")?;
    match has_disk(context.work_directory().path())? {
        true => Ok(()),
        false => Err(CheckError::Cannot(format!(
            "no disk below the scratch ({}): a flushed page stays dirty. LESSON_SCRATCH names \
             another",
            context.settings().machine.file_system
        ))),
    }
}

/// One record on the second page; then several, each on a page of its own.
pub(super) fn existing(context: &mut CheckContext) -> Verdict {
    let page = slots_per_page();
    watched(context, Some(ledger(3 * page, &[page + 3])), &[(page + 3, "paid 42")])?;
    let scattered = [(2, "first page"), (page + 1, "second"), (2 * page + 9, "third")];
    watched(context, Some(ledger(3 * page, &scattered.map(|(slot, _)| slot))), &scattered)
}

/// Records on pages that were not there before.
pub(super) fn grown(context: &mut CheckContext) -> Verdict {
    let page = slots_per_page();
    let records = [(page - 1, "the last free slot"), (page, "the first of the new page")];
    watched(context, Some(ledger(page, &[page - 1])), &records)
}

/// A record in a file that was not there before.
pub(super) fn new_file(context: &mut CheckContext) -> Verdict {
    watched(context, None, &[(0, "the first"), (1, "the second")])
}

const NO_LINE: &str = "no line `durable 2`: the disk answered EIO (made up here)";

/// A flush that fails: no line.
pub(super) fn failed_flush(context: &mut CheckContext) -> Verdict {
    make(context.work_directory(), &ledger(4, &[2]))?;
    let path = context.work_directory().path().join("FILE");
    let mut refuses = super::refusing::Refusing::new(&path);
    let run = context.observe(&context.start(&["record", "FILE", "paid 42"]), &mut refuses)?;
    run.lives()?;
    if let Some(why) = refuses.cannot() {
        return Err(CheckError::Cannot(why.into()));
    }
    if run.stdout.bytes.is_empty() {
        return run.fails();
    }
    let said = format!("it said {:?}", run.stdout.text());
    if refuses.cannot_be_noticed() {
        let said = format!("{said}: it called `sync`, which reports no error");
        return failed("sync-reports-nothing", NO_LINE, said);
    }
    if refuses.has_succeeded_later() {
        let said = format!("{said}: a flush had failed, and a later one returned 0");
        let finding = Finding::new("flushed-again", NO_LINE, said);
        return Err(finding.details(refuses.story()).into());
    }
    failed("failed-flush-ignored", NO_LINE, said)
}

/// As root: what a reboot finds at the moment of each line, on a disk of its own.
pub(super) fn power_cut(context: &mut CheckContext) -> Verdict {
    let page = slots_per_page();
    let two = [(1, "on the first page"), (page + 2, "on the second")];
    cut(context, Some(ledger(2 * page, &two.map(|(slot, _)| slot))), &two)
}

/// The same of a file that was not there before.
pub(super) fn power_cut_name(context: &mut CheckContext) -> Verdict {
    cut(context, None, &[(0, "new")])
}

fn cut(context: &mut CheckContext, before: Option<Vec<u8>>, records: &[(usize, &str)]) -> Verdict {
    if !context.settings().machine.root {
        return Err(CheckError::Cannot("a disk to be cut from its power needs root".into()));
    }
    let directory = context.work_directory().path().with_extension("disk");
    on_a_disk(&directory, move |disk| {
        let seen = || -> Verdict {
            let directory = WorkDirectory::at(disk.root.join("directory"))?;
            let inside = std::path::Path::new("directory").join("FILE");
            let mut reboot = |slot: usize, text: &str| {
                let found = after_a_reboot(disk, &inside)?.unwrap_or_default();
                found_again(&found, slot, text)
            };
            watched_in(context, &directory, before, records, &mut reboot).map(drop)
        };
        Ok(seen()) // A verdict is not a failure of the disk.
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

fn watched(
    context: &mut CheckContext,
    before: Option<Vec<u8>>,
    records: &[(usize, &str)],
) -> Verdict {
    context.new_work_directory()?;
    let run = watched_in(context, context.work_directory(), before, records, &mut |_, _| Ok(()))?;
    run.succeeds()?;
    super::ledger::expect_lines(&run, records)
}

fn watched_in(
    context: &CheckContext,
    directory: &WorkDirectory,
    before: Option<Vec<u8>>,
    records: &[(usize, &str)],
    at_line: AtLine<'_>,
) -> Verdict<Run> {
    if let Some(content) = &before {
        make(directory, content)?;
    }
    let opened =
        common::Context::step(std::fs::File::open(directory.path()), "open the work directory")?;
    common::Context::step(opened.sync_all(), "fsync the work directory")?;
    let path = directory.path().join("FILE");
    let mut observer = FlushObserver::new(&path, before, records, at_line);
    if context.settings().for_a_page {
        observer = observer.step_by_step(&path);
    }
    let mut sandbox = context.sandbox_in(directory)?;
    let run = observe::run(&mut sandbox, &context.start(&call(records)), &mut observer)?;
    observer.verdict()?;
    run.stays_within_the_limits()?;
    Ok(run)
}
