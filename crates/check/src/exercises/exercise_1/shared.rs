//! What several checks of this exercise do.

use std::path::{Path, PathBuf};

use common::Context;
use nix::unistd::Pid;
use page_view::Mapping;
use tracer::{Call, Ending, FileId, MECHANISM, Use, memory};

use crate::counted::counted;
use crate::exercises::CheckContext;
use crate::expect::{calls_cannot_be_seen, hexed, is_stripped, unaligned_mmap};
use crate::observe::{Observer, Past, Run, unless_ended};
use crate::verdict::{CheckError, Finding, Verdict, failed};

/// Recognisable bytes, none of them the same as its neighbours, no page like the one before.
pub(super) fn pattern(length: usize) -> Vec<u8> {
    let cycle: Vec<u8> = (0..251_u8).map(|byte| byte.wrapping_mul(7)).collect();
    let mut bytes = Vec::with_capacity(length + cycle.len());
    while bytes.len() < length {
        bytes.extend_from_slice(&cycle); // A prime number: pages begin at other places in it.
    }
    bytes.truncate(length);
    bytes
}

/// A run of `poke`, by which call it made FILE shorter, if it did, and where TEXT was in its memory if that
/// was past the mapping.
pub(super) struct Poked {
    pub(super) run: Run,
    shrunk: Option<String>,
    past: Option<Past>,
}

/// Runs `poke FILE OFFSET TEXT`, which must succeed.
pub(super) fn poke(context: &CheckContext, offset: u64, text: &str) -> Verdict<Poked> {
    let path = context.work_directory().path().join("FILE");
    let length = std::fs::metadata(&path).map_or(0, |found| found.len());
    let (shrunk, past) = (None, None);
    let mut poking = Poking { path, offset, text, length, shrunk, past };
    let start = context.start(&["poke", "FILE", &offset.to_string(), text]);
    let run = context.observe(&start, &mut poking)?;
    let Poking { shrunk, past, .. } = poking;
    aligned(&run, offset, context.identity_if_there("FILE")?)?;
    run.succeeds()?;
    by_mapping(context, &run)?;
    Ok(Poked { run, shrunk, past })
}

/// Looks after each call whether it has made FILE shorter, and at the end whether TEXT is where it would be
/// if OFFSET were counted from the mapping's start.
struct Poking<'t> {
    path: PathBuf,
    offset: u64,
    text: &'t str,
    length: u64,
    shrunk: Option<String>,
    past: Option<Past>,
}

impl Observer for Poking<'_> {
    fn ending(&mut self, pid: Pid) -> Verdict {
        /// A shorter text can be anywhere by chance.
        const LEAST: usize = 6;
        let mappings = unless_ended(pid, page_view::maps_of(pid.as_raw().cast_unsigned()))?;
        let is_file = |mapping: &&Mapping| {
            mapping.path.as_deref().is_some_and(|path| Path::new(path) == self.path)
        };
        for mapping in mappings.iter().filter(is_file).filter(|_| self.text.len() >= LEAST) {
            let offset = usize::try_from(self.offset).unwrap_or(usize::MAX);
            let Some(at) = mapping.addresses.start.checked_add(offset) else { continue };
            let Some(past) = Past::beyond(mapping, at) else { continue };
            let found = memory(pid, at, self.text.len()).step(MECHANISM)?;
            if found.as_deref() == Some(self.text.as_bytes()) {
                self.past = Some(past);
            }
        }
        Ok(())
    }

    fn exit(&mut self, _pid: Pid, call: &Call) -> Verdict {
        let before = self.length;
        self.length = std::fs::metadata(&self.path).map_or(0, |found| found.len());
        if self.length < before && self.shrunk.is_none() {
            let truncates = |flags: u64| flags & u64::from(libc::O_TRUNC.cast_unsigned()) != 0;
            let how = match call.number {
                libc::SYS_openat if truncates(call.arguments[2]) => " with O_TRUNC",
                _ => "",
            };
            let (name, after) = (call.name(), counted(self.length, "byte"));
            let before = counted(before, "byte");
            self.shrunk = Some(format!("{name}{how} made FILE shorter: from {before} to {after}"));
        }
        Ok(())
    }
}

/// Runs `peek FILE OFFSET LEN`, which must succeed and print this.
pub(super) fn peek(context: &CheckContext, offset: u64, expected: &[u8]) -> Verdict<Run> {
    let arguments = ["peek", "FILE", &offset.to_string(), &expected.len().to_string()];
    let run = context.run_printing(&arguments, expected)?;
    aligned(&run, offset, context.identity_if_there("FILE")?)?;
    run.succeeds()?;
    by_mapping(context, &run)?;
    run.flushes()?;
    prints(&run, expected)?;
    Ok(run)
}

/// The run printed exactly this.
pub(super) fn prints(run: &Run, expected: &[u8]) -> Verdict {
    let seen = &run.stdout;
    if !seen.is_cut() && seen.bytes == expected {
        return Ok(());
    }
    let differs = seen.bytes.iter().zip(expected).position(|(seen, expected)| seen != expected);
    let at = differs.unwrap_or(seen.bytes.len().min(expected.len()));
    let from_there = |bytes: &[u8]| match bytes.get(at..) {
        None | Some([]) => String::new(),
        Some(bytes) => format!("; from byte {at} on {}", hexed(bytes)),
    };
    let wanted = counted(expected.len() as u64, "byte") + &from_there(expected);
    let found = match seen.total {
        0 => "it printed nothing".into(),
        total => counted(total, "byte") + &from_there(&seen.bytes),
    };
    failed("prints-something-else", format!("`{}` prints {wanted}", run.called), found)
}

/// FILE's bytes went through mappings only, and nothing was written elsewhere.
pub(super) fn by_mapping(context: &CheckContext, run: &Run) -> Verdict {
    run.writes_nowhere_else(context.work_directory())?;
    match context.identity_if_there("FILE")? {
        Some(file) if run.calls.is_some() => run.leaves_bytes_to_mappings(file),
        _ => Ok(()), // The check that is about calls says that they cannot be seen.
    }
}

/// FILE holds exactly these bytes.
pub(super) fn holds(
    context: &CheckContext,
    poked: &Poked,
    before: &[u8],
    expected: &[u8],
) -> Verdict {
    let seen = context.read("FILE")?;
    let called = &poked.run.called;
    if seen == expected {
        return Ok(());
    }
    if let Some(how) = &poked.shrunk {
        let length = counted(seen.len() as u64, "byte");
        let seen = match seen.len() == expected.len() {
            true => format!("{how}; in the end it has {length} again, but other bytes"),
            false => format!("{how}; in the end it has {length}"),
        };
        let length = counted(expected.len() as u64, "byte");
        let expected = format!("`{called}` never makes FILE shorter; in the end FILE has {length}");
        return failed("shrinks", expected, seen);
    }
    if seen == before {
        if let Some(past) = &poked.past {
            let seen = format!("no byte of FILE changed; TEXT is elsewhere in memory: {past}");
            return failed("past-the-mapping", format!("`{called}` changes FILE"), seen);
        }
        let file = context.identity("FILE")?;
        let (diagnosis, how) = match poked.run.stores_elsewhere(file) {
            Some((diagnosis, how)) => (diagnosis, Some(how)),
            None => ("stores-nothing", no_mapping(&poked.run, file)),
        };
        let expected = format!("`{called}` changes FILE");
        let finding = Finding::new(diagnosis, expected, "no byte of FILE changed");
        return Err(finding.details(how).into());
    }
    if seen.len() != expected.len() {
        return wrong_size(called, before.len(), expected.len(), seen.len());
    }
    let at = seen.iter().zip(expected).position(|(seen, expected)| seen != expected);
    let at = at.unwrap_or_default();
    let around = |bytes: &[u8]| hexed(bytes.get(at..).unwrap_or_default());
    let diagnosis = match () {
        () if lacks_blanks(before, expected, &seen) => "text-changed",
        () if is_cut_at_a_page(before, expected, &seen, at) => "part-missing",
        () if before.get(at) == expected.get(at) => "changes-other-bytes",
        () => "stores-elsewhere",
    };
    failed(
        diagnosis,
        format!("after `{called}` FILE has from byte {at} on {}", around(expected)),
        around(&seen),
    )
}

/// That FILE was never mapped, if its calls show that.
fn no_mapping(run: &Run, file: FileId) -> Option<String> {
    let is_seen = run.calls.is_some() && run.mapped(file).next().is_none();
    is_seen.then(|| format!("`{}` has made no mapping of FILE", run.called))
}

/// Is what differs only that TEXT lacks blanks that it has at its ends?
fn lacks_blanks(before: &[u8], expected: &[u8], seen: &[u8]) -> bool {
    let was = |place: usize| before.get(place).copied().unwrap_or(0);
    let changed = |bytes: &[u8]| -> Option<(usize, usize)> {
        let differs = |(place, byte): (usize, &u8)| (*byte != was(place)).then_some(place);
        let first = bytes.iter().enumerate().find_map(differs)?;
        let last = bytes.iter().enumerate().rev().find_map(differs)?;
        Some((first, last + 1))
    };
    let part = |bytes: &[u8]| {
        changed(bytes).and_then(|(from, to)| bytes.get(from..to).map(<[u8]>::to_vec))
    };
    let (Some(text), Some(stored)) = (part(expected), part(seen)) else { return false };
    std::str::from_utf8(&text).is_ok_and(|text| is_stripped(&stored, text))
}

/// Is TEXT in FILE up to the first byte of a page, `at`, and are all bytes from there on what they were?
fn is_cut_at_a_page(before: &[u8], expected: &[u8], seen: &[u8], at: usize) -> bool {
    let was = |place: usize| before.get(place).copied().unwrap_or(0);
    let unchanged = |(place, byte): (usize, &u8)| *byte == was(place);
    // The byte before the border is TEXT's: it has changed, as it should.
    let begun = at.checked_sub(1).is_some_and(|last| expected.get(last) != Some(&was(last)));
    begun
        && at.is_multiple_of(common::page_size())
        && seen.iter().enumerate().skip(at).all(unchanged)
}

/// FILE has the wrong length.
pub(super) fn wrong_size(called: &str, before: usize, expected: usize, seen: usize) -> Verdict {
    let diagnosis = match () {
        () if seen < before => "shrinks",
        () if seen < expected => "too-short",
        () => "grows-too-far",
    };
    let expected = format!("after `{called}` FILE has {}", counted(expected as u64, "byte"));
    failed(diagnosis, expected, counted(seen as u64, "byte"))
}

/// It fails where OFFSET is no page's first byte, and did not where it is. That `mmap` got such an offset is
/// told only if that was seen, or if the program says so: the C library refuses it without a system call.
fn aligned(run: &Run, offset: u64, file: Option<FileId>) -> Verdict {
    let page = common::page_size() as u64;
    if offset.is_multiple_of(page) || !matches!(run.ending, Ending::Exited(1..)) {
        return Ok(()); // What else may be wrong is asked next.
    }
    let about = format!("{offset} is no multiple of {page}, the page size");
    let told = |how: &str| {
        let expected = format!("`{}` succeeds: OFFSET may be any byte", run.called);
        let seen = format!("{}; {how}", run.ending);
        Err(Finding::new("unaligned-offset", expected, seen).details(run.said()).into())
    };
    if let Some(how) = run.calls.iter().flatten().find_map(unaligned_mmap) {
        return told(&how);
    }
    let maps =
        |call: &Call| call.does() == Use::Maps && file.is_some_and(|file| call.is_about(file));
    if run.calls.as_ref().is_none_or(|calls| calls.iter().any(maps)) {
        return Ok(()); // It came further than that, or nothing is known.
    }
    let about = format!(
        "{about}, and no system call has mapped FILE. If the offset is no multiple of the page size, the C \
         library's mmap returns EINVAL without a system call"
    );
    let said = run.stderr.text().to_lowercase();
    if ["invalid argument", "einval"].iter().any(|words| said.contains(words)) {
        return told(&about);
    }
    run.succeeds().map_err(|error| match &error {
        CheckError::Wrong(finding) if finding.diagnosis == "wrong-exit-status" => {
            error.details([about])
        }
        _ => error,
    })
}

/// That calls can be seen here.
pub(super) fn seen(run: &Run) -> Verdict {
    if run.calls.is_some() { Ok(()) } else { Err(calls_cannot_be_seen()) }
}
