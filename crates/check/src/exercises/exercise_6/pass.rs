//! One pass: what a file of 64 MiB costs in page faults, beside what the reference pays.

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use common::{Context, Failure, page_size};
use nix::sys::resource::{UsageWho, getrusage};
use rand::RngExt;
use tracer::FileId;

use super::gigabyte::too_slow;

use super::costs::CostsObserver;
use super::tally::Tally;
use crate::exercises::CheckContext;
use crate::verdict::{CheckError, Finding, Verdict, failed};

/// The file's size.
const SIZE: usize = 64 << 20;

/// So many page faults more say nothing.
const SPARE: usize = 16;

/// How many page faults a program may have if the reference has so many: half of them more.
fn allowed(reference: u64) -> u64 {
    reference + reference / 2 + SPARE as u64
}

/// Counts a warm file of 64 MiB and one of a single line, up to three times.
pub(super) fn one_pass(context: &mut CheckContext) -> Verdict {
    context.needs_tracing("no page fault could be counted")?;
    let (large, lines) = make(context)?;
    context.work_directory().write("SMALL", b"\n")?;
    let (reference, time) = reference_pays(&context.work_directory().path().join("LARGE"), lines)?;
    let allowed = allowed(reference);
    let (mut least, mut fastest) = ((u64::MAX, u64::MAX), Duration::MAX);
    let (mut paid, mut copies, mut mapped, mut own) = (u64::MAX, 0, 0, 0);
    // The lowest of three: once it is low enough, the others cannot change that.
    for seen in [true, false, false] {
        if paid <= allowed {
            break;
        }
        let small = run(context, seen.then_some(large), "SMALL", 1, 1)?;
        let large = run(context, seen.then_some(large), "LARGE", lines, SIZE)?;
        least = (least.0.min(small.faults), least.1.min(large.faults));
        fastest = fastest.min(large.time.saturating_sub(small.time));
        if seen {
            (copies, mapped, own) = (large.copies, large.mapped, large.own);
        }
        paid = least.1.saturating_sub(least.0);
    }
    let took = took(fastest, time);
    context.note(format!("64 MiB: {paid} page faults (the reference's: {reference}){took}"));
    if paid <= allowed {
        return Ok(());
    }
    let expected = format!(
        "at most {allowed} page faults above those of a file of one line (the reference takes \
         {reference})"
    );
    let seen = format!("{paid}, the lowest of three runs");
    let finding = match copies > paid.saturating_sub(allowed) / 2 {
        true => {
            let why = "pages of LARGE were copied, because the program stored to them";
            Finding::new("private-copies", expected, format!("{seen}: {copies} {why}"))
        }
        false => Finding::new("too-many-faults", expected, seen),
    };
    let times = if mapped == 1 { "once".into() } else { format!("{mapped} times") };
    let own = (own > paid.saturating_sub(allowed) / 2).then(|| {
        format!("it had {own} pages of memory of its own: the first store to each of them is a page fault, too")
    });
    let mapped = format!("LARGE was mapped {times}");
    Err(finding.details([mapped]).details(own).into())
}

/// How long the program took, above a run on one line, and how long the reference took. Both runs vary: of
/// a program whose start takes far longer than the count, the difference says nothing, and is left out.
fn took(program: Duration, reference: Duration) -> String {
    /// What would be told as 0.0 times: no program is so much faster.
    const LEAST: f64 = 0.05;
    let (mine, theirs) = (program.as_secs_f64() * 1e3, reference.as_secs_f64() * 1e3);
    let ratio = mine / theirs;
    if ratio < LEAST {
        return "; the time could not be told from that of the start".into();
    }
    format!(", {mine:.1} ms, {ratio:.1} times the reference's {theirs:.1} ms")
}

/// What a run cost.
struct Cost {
    faults: u64,
    time: Duration,
    /// Pages of the file that the kernel copied, and how often the file was mapped: if the run was seen.
    copies: u64,
    mapped: u32,
    /// Pages of memory of its own.
    own: u64,
}

/// Makes LARGE, in pieces of a page, so that the page cache holds it in pages and a second pass
/// shows; how many lines it has.
fn make(context: &CheckContext) -> Verdict<(FileId, usize)> {
    let file = context.work_directory().write("LARGE", b"")?;
    let mut page: Vec<u8> = (b'a'..=b'z').cycle().take(page_size()).collect();
    let line = context.random().random_range(40..100);
    page.iter_mut().skip(line).step_by(line + 1).for_each(|byte| *byte = b'\n');
    page.iter_mut().last().into_iter().for_each(|byte| *byte = b'\n'); // Each page ends a line.
    for at in (0..SIZE).step_by(page.len()) {
        file.write_all_at(&page, at as u64).step("write the large file")?;
    }
    let lines = page.iter().filter(|byte| **byte == b'\n').count() * (SIZE / page.len());
    Ok((FileId::of(&file).step("fstat")?, lines))
}

/// What one run costs. It is stopped at its calls only if it is to be seen what these do to the large file.
fn run(
    context: &CheckContext,
    large: Option<FileId>,
    name: &str,
    lines: usize,
    bytes: usize,
) -> Verdict<Cost> {
    let start = context.start(&["lines", name]);
    let (mut costs, start) = match large {
        Some(large) => (CostsObserver::new(context).of(large), start),
        None => (CostsObserver::new(context), start.without_syscall_tracing()),
    };
    let run = context.observe(&start, &mut costs).map_err(too_slow)?;
    run.succeeds()?;
    let mut tally = Tally::default();
    tally.add_counts(name, lines, bytes);
    tally.expect(&run)?;
    if large.is_some() {
        costs.within_bounds()?;
    }
    if let Some(seen) = costs.populated().twice(bytes as u64) {
        let expected = format!("`{}` populates each page of {name} at most once", run.called);
        return failed("populated-twice", expected, seen);
    }
    let (copies, mapped) = (costs.copies(), costs.populated().mapped());
    let own = costs.own_pages();
    Ok(Cost { faults: costs.faults(), time: run.time, copies, mapped, own })
}

/// As a rule, the kernel maps so many bytes at a page fault, if they are in the page cache.
const FAULT_AROUND: usize = 64 << 10;

/// What the reference pays for the same: the lowest of at most three runs. If the first one has as many page faults as
/// the kernel makes as a rule, nothing has disturbed it.
fn reference_pays(path: &Path, lines: usize) -> Verdict<(u64, Duration)> {
    let faults = || -> common::Result<i64> {
        let usage = getrusage(UsageWho::RUSAGE_THREAD).step("getrusage")?;
        Ok(usage.minor_page_faults() + usage.major_page_faults())
    };
    let (mut least, mut fastest) = (u64::MAX, Duration::MAX);
    for _ in 0..3 {
        if least <= (SIZE / FAULT_AROUND + SPARE) as u64 {
            break;
        }
        let (before, began) = (faults()?, Instant::now());
        let counted = reference::count(path);
        fastest = fastest.min(began.elapsed());
        least = least.min((faults()? - before).unsigned_abs());
        match counted {
            Ok(right) if right == (lines as u64, SIZE as u64) => {}
            // It has opened a file that is there, and mapped it.
            Err(why) => {
                let why = format!("the reference program cannot count a file of 64 MiB: {why}");
                return Err(CheckError::Cannot(why));
            }
            Ok(wrong) => {
                let wrong = format!("the reference program says {wrong:?}");
                return Err(Failure::refusal("count", path, wrong).into());
            }
        }
    }
    Ok((least, fastest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_no_program_needs_is_not_told() {
        let reference = Duration::from_millis(20);
        assert_eq!(took(reference * 2, reference), ", 40.0 ms, 2.0 times the reference's 20.0 ms");
        let told = took(Duration::ZERO, reference);
        assert!(!told.contains("ms"), "{told}");
    }
}
