//! Looks while `record` runs: what its calls have brought to the disk at the moment at which it
//! says so. The line is read at the entry of the call that writes it, before it appears.

use std::collections::BTreeMap;
use std::path::Path;

use common::{Context, page_size};
use nix::unistd::Pid;
use tracer::{Call, FileId, MECHANISM, Opened};

use super::ledger::SLOT;
use super::saying::bytes_of;
use super::steps::Steps;
use crate::disk::{Flush, Flushes, Model, is_dirty};
use crate::observe::Observer;
use crate::verdict::{Finding, Verdict};

/// What is asked when a line is about to appear, beside all else: of a slot and its text.
pub(super) type AtLine<'a> = &'a mut dyn FnMut(usize, &str) -> Verdict;

/// The observer.
pub(super) struct FlushObserver<'a> {
    flushes: Flushes,
    disk: Model,
    records: &'a [(usize, &'a str)],
    at_line: AtLine<'a>,
    /// Calls under way, and what they flush if they succeed.
    begun: BTreeMap<Pid, Flush>,
    /// Bytes on their way to standard output, and what came there.
    saying: BTreeMap<Pid, Vec<u8>>,
    said: Vec<u8>,
    output: Option<FileId>,
    /// What the program did about the disk, for people.
    story: Vec<String>,
    /// An `msync` that failed because of its address.
    unaligned: Option<String>,
    /// The first line that was not true.
    wrong: Option<Untrue>,
    /// The run step by step, if a page is to show it.
    steps: Option<Steps<'a>>,
}

/// A line that is about to appear and is not true yet.
struct Untrue {
    slot: usize,
    /// Only the new FILE's name is missing on the disk.
    is_name: bool,
    finding: Finding,
    /// What was flushed for it later, and by which call.
    later: Option<String>,
}

impl Untrue {
    /// Does a flush bring to the disk what was missing?
    fn is_mended_by(&self, flush: &Flush, text: &str) -> bool {
        let place = self.slot * SLOT..self.slot * SLOT + text.len();
        let is_stored = flush.content.get(place.clone()) == Some(text.as_bytes());
        let reaches = |range: &std::ops::Range<usize>| range.contains(&place.start);
        match self.is_name {
            true => flush.name,
            false => is_stored && flush.ranges.iter().any(reaches),
        }
    }

    /// What is said of it at the end of the run.
    fn told(self) -> Finding {
        let Self { slot, is_name, finding, later } = self;
        let Some(later) = later else { return finding };
        let what = if is_name { "the name of the new FILE".into() } else { format!("slot {slot}") };
        let actual = format!("`durable {slot}` was written first, and {what} was flushed after it");
        let diagnosis = if is_name { finding.diagnosis } else { "said-before-flushing" };
        let told = Finding { diagnosis, actual, ..finding };
        told.details([format!("it wrote `durable {slot}`"), format!("it called {later}")])
    }
}

impl<'a> FlushObserver<'a> {
    /// For the file at `path`, which is on the disk with this content, or not there yet.
    pub(super) fn new(
        path: &Path,
        before: Option<Vec<u8>>,
        records: &'a [(usize, &'a str)],
        at_line: AtLine<'a>,
    ) -> Self {
        Self {
            flushes: Flushes::of(path),
            disk: Model::new(before),
            records,
            at_line,
            begun: BTreeMap::new(),
            saying: BTreeMap::new(),
            said: Vec::new(),
            output: None,
            story: Vec::new(),
            unaligned: None,
            wrong: None,
            steps: None,
        }
    }

    /// The same for a page that shows each step.
    pub(super) fn step_by_step(mut self, path: &Path) -> Self {
        self.steps = Some(Steps::new(path, self.records, &self.disk));
        self
    }

    /// What is wrong with the first line that was not true. The end of the run shows whether a flush came
    /// after this line.
    ///
    /// # Errors
    /// `not-durable-when-said`, `said-before-flushing`, `unaligned-msync`, `new-file-not-durable`.
    pub(super) fn verdict(self) -> Verdict {
        let Some(untrue) = self.wrong else { return Ok(()) };
        let finding = untrue.told();
        Err(match self.steps {
            Some(steps) => finding.timeline(steps.timeline()).into(),
            None => finding.into(),
        })
    }

    /// A line is about to appear.
    fn line(&mut self, line: &str) -> Verdict {
        if self.wrong.is_some() {
            return Ok(()); // What comes now is not what went wrong first.
        }
        let number = line.strip_prefix("durable ").and_then(|number| number.parse().ok());
        let record = self.records.iter().find(|(slot, _)| Some(*slot) == number);
        let Some((slot, text)) = record.copied() else { return Ok(()) }; // Judged elsewhere.
        let unaligned = self.unaligned.clone();
        let lost = |actual: String| {
            let expected = format!("the record is on the disk when `durable {slot}` is written");
            let id = if unaligned.is_some() { "unaligned-msync" } else { "not-durable-when-said" };
            Finding::new(id, expected, actual)
        };
        let untrue =
            |is_name: bool, finding: Finding| Untrue { slot, is_name, finding, later: None };
        let dirty = self.is_dirty(slot)?;
        let place = self.disk.content().get(slot * SLOT..(slot + 1) * SLOT).unwrap_or_default();
        if !place.starts_with(&[text.as_bytes(), &[0]].concat()) {
            let page = if dirty { "; its page is dirty" } else { "" };
            let actual = format!("no call has flushed slot {slot} since the text was stored{page}");
            let actual = match &unaligned {
                Some(how) => format!("{how}; {actual}"),
                None => actual,
            };
            let finding = lost(actual).details(self.story());
            self.wrong = Some(untrue(false, finding));
            return Ok(());
        }
        if !self.disk.is_named() {
            let finding = Finding::new(
                "new-file-not-durable",
                format!("the name of the new FILE is on the disk when `durable {slot}` is written"),
                self.missing_for_the_name(),
            );
            self.wrong = Some(untrue(true, finding.details(self.story())));
            return Ok(());
        }
        // A page may be dirty again, because a later record is on its way: then FILE is not what
        // was flushed.
        if dirty && self.flushes.content()? == self.disk.content() {
            let actual = format!("the page of slot {slot} is still dirty");
            let finding = lost(actual).details(self.story());
            self.wrong = Some(untrue(false, finding));
            return Ok(());
        }
        (self.at_line)(slot, text)
    }

    /// Which call is missing for the new FILE's name.
    fn missing_for_the_name(&self) -> String {
        let called = |name: &str| self.story.iter().any(|step| step.starts_with(name));
        let none =
            "before the line, neither `fsync` of FILE nor `fsync` of its directory was called";
        let why = match () {
            () if called("fdatasync") => {
                ". `fdatasync` was called: it promises FILE's bytes, and not its name"
            }
            () if called("msync") => {
                ". `msync` was called: it promises FILE's bytes, and not its name"
            }
            () => "",
        };
        format!("{none}{why}")
    }

    fn is_dirty(&self, slot: usize) -> Verdict<bool> {
        let start = slot * SLOT / page_size() * page_size();
        let Some(file) = self.flushes.open()? else { return Ok(false) };
        match is_dirty(&file, start as u64) {
            Err(failure) if failure.errno() == Some(libc::EFAULT) => Ok(false), // Cut meanwhile.
            dirty => Ok(dirty?),
        }
    }

    fn story(&self) -> Vec<String> {
        let told = self.story.iter().map(|step| format!("it called {step}"));
        if self.story.is_empty() {
            vec!["before the line, it called nothing that flushes".into()]
        } else {
            told.collect()
        }
    }
}

impl Observer for FlushObserver<'_> {
    fn entry(&mut self, pid: Pid, call: &Call) -> Verdict {
        if self.output.is_none() {
            self.output = Opened::by(pid, 1).step(MECHANISM)?.map(|opened| opened.file);
        }
        if let Some(flush) = self.flushes.by(pid, call)? {
            self.begun.insert(pid, flush);
        }
        if let Some(steps) = &mut self.steps {
            steps.begins(pid, &self.flushes.content()?, &self.disk);
        }
        if self.output.is_some_and(|output| call.is_about(output)) {
            let bytes = bytes_of(pid, call)?;
            let shown = [&self.said[..], &bytes].concat();
            let complete = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
            let text = String::from_utf8_lossy(&shown).into_owned();
            let (from, to) = (complete(&self.said), complete(&shown));
            for line in text.lines().take(to).skip(from) {
                let was_wrong = self.wrong.is_some();
                self.line(line)?;
                let is_untrue = self.wrong.is_some() && !was_wrong;
                if let Some(steps) = &mut self.steps {
                    steps.says(pid, line, is_untrue, (&self.flushes.content()?, &self.disk));
                }
            }
            self.saying.insert(pid, bytes);
        }
        Ok(())
    }

    fn exit(&mut self, pid: Pid, call: &Call) -> Verdict {
        let result = call.result.unwrap_or(-1);
        if let Some(bytes) = self.saying.remove(&pid) {
            let written = usize::try_from(result).unwrap_or_default();
            self.said.extend(bytes.into_iter().take(written));
        }
        let flush = self.begun.remove(&pid);
        let about = super::saying::about_the_disk(call, flush.as_ref());
        self.story.extend(about.clone());
        if let Some(how) = crate::expect::unaligned_msync(call) {
            self.unaligned.get_or_insert(how);
        }
        if let Some(flush) = flush.filter(|_| result == 0) {
            if let Some(untrue) = &mut self.wrong {
                let text = self.records.iter().find(|(slot, _)| *slot == untrue.slot);
                let is_it = text.is_some_and(|(_, text)| untrue.is_mended_by(&flush, text));
                if untrue.later.is_none() && is_it {
                    untrue.later = self.story.last().cloned();
                }
            }
            self.disk.flushed(&flush);
        }
        if let Some((steps, told)) = self.steps.as_mut().zip(about) {
            steps.calls(pid, &told, &self.flushes.content()?, &self.disk);
        }
        Ok(())
    }
}
