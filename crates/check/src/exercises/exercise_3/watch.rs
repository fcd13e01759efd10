//! Looks while `record` runs: what its calls have brought to the disk at the moment at which it
//! says so. The line is read at the entry of the call that writes it, before it appears.

use std::collections::BTreeMap;
use std::path::Path;

use common::{Context, page_size};
use nix::unistd::Pid;
use tracer::{Call, FileId, MECHANISM, Opened};

use super::ledger::SLOT;
use super::saying::bytes_of;
use crate::disk::{Flush, Flushes, Model, is_dirty};
use crate::observe::Observer;
use crate::verdict::{Finding, Verdict};

/// What is asked when a line is about to appear, beside all else: of a slot and its text.
pub(super) type AtLine<'a> = &'a mut dyn FnMut(usize, &str) -> Verdict;

/// The observer.
pub(super) struct Watch<'a> {
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
}

impl<'a> Watch<'a> {
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
        }
    }

    /// A line is about to appear.
    fn line(&mut self, line: &str) -> Verdict {
        let number = line.strip_prefix("durable ").and_then(|number| number.parse().ok());
        let record = self.records.iter().find(|(slot, _)| Some(*slot) == number);
        let Some((slot, text)) = record.copied() else { return Ok(()) }; // Judged elsewhere.
        let lost = |actual: String| {
            let expected = format!("the record is on the disk when `durable {slot}` is written");
            Finding::new("not-durable-when-said", expected, actual)
        };
        let dirty = self.is_dirty(slot)?;
        let place = self.disk.content().get(slot * SLOT..(slot + 1) * SLOT).unwrap_or_default();
        if !place.starts_with(&[text.as_bytes(), &[0]].concat()) {
            let page = if dirty { "; its page is dirty" } else { "" };
            let actual = format!("no call has flushed slot {slot} since the text was stored{page}");
            return Err(lost(actual).details(self.story()).into());
        }
        if !self.disk.is_named() {
            let finding = Finding::new(
                "new-file-not-durable",
                format!("the name of the new FILE is on the disk when `durable {slot}` is written"),
                "neither FILE nor its directory has been flushed by fsync",
            );
            return Err(finding.details(self.story()).into());
        }
        // A page may be dirty again, because a later record is on its way: then FILE is not what
        // was flushed.
        if dirty && self.flushes.content() == self.disk.content() {
            let actual = format!("the page of slot {slot} is still dirty");
            return Err(lost(actual).details(self.story()).into());
        }
        (self.at_line)(slot, text)
    }

    fn is_dirty(&self, slot: usize) -> Verdict<bool> {
        let start = slot * SLOT / page_size() * page_size();
        let Some(file) = self.flushes.open() else { return Ok(false) };
        match is_dirty(&file, start as u64) {
            Err(failure) if failure.errno() == Some(libc::EFAULT) => Ok(false), // Cut meanwhile.
            dirty => Ok(dirty?),
        }
    }

    fn story(&self) -> Vec<String> {
        let told = self.story.iter().map(|step| format!("it called {step}"));
        if self.story.is_empty() {
            vec!["it called nothing that flushes".into()]
        } else {
            told.collect()
        }
    }
}

impl Observer for Watch<'_> {
    fn entry(&mut self, pid: Pid, call: &Call) -> Verdict {
        if self.output.is_none() {
            self.output = Opened::by(pid, 1).step(MECHANISM)?.map(|opened| opened.file);
        }
        if let Some(flush) = self.flushes.by(pid, call)? {
            self.begun.insert(pid, flush);
        }
        if self.output.is_some_and(|output| call.is_about(output)) {
            let bytes = bytes_of(pid, call)?;
            let shown = [&self.said[..], &bytes].concat();
            let complete = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == b'\n').count();
            let text = String::from_utf8_lossy(&shown).into_owned();
            let (from, to) = (complete(&self.said), complete(&shown));
            text.lines().take(to).skip(from).try_for_each(|line| self.line(line))?;
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
        if let Some(about) = super::saying::about_the_disk(call, flush.as_ref()) {
            self.story.push(about);
        }
        if let Some(flush) = flush.filter(|_| result == 0) {
            self.disk.flushed(&flush);
        }
        Ok(())
    }
}
