//! A run of `record` for a page: what it stored, flushed and said, step by step, and what FILE and the disk
//! held then.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use explore::source::{SourceLine, Sources};
use explore::timeline::{Place, Timeline, TimelineStep};
use nix::unistd::Pid;

use super::ledger::SLOT;
use crate::disk::Model;
use crate::expect::shown;
use crate::pages::pages_of;

/// The steps of one run.
pub(super) struct Steps<'a> {
    path: PathBuf,
    records: &'a [(usize, &'a str)],
    sources: Sources,
    /// The line of the program's source from which each thread makes its call.
    at: BTreeMap<Pid, SourceLine>,
    timeline: Timeline,
}

impl<'a> Steps<'a> {
    /// For the file at `path`, in which these texts are recorded.
    pub(super) fn new(path: &Path, records: &'a [(usize, &'a str)], disk: &Model) -> Self {
        let texts = records.iter().map(|(_, text)| shown(text));
        let call: Vec<String> = ["record".into(), "FILE".into()].into_iter().chain(texts).collect();
        let mut steps = Self {
            path: path.into(),
            records,
            sources: Sources::default(),
            at: BTreeMap::new(),
            timeline: Timeline { heads: [call.join(" "), String::new()], ..Timeline::default() },
        };
        let content = disk.is_named().then(|| disk.content().to_vec());
        steps.timeline.file = steps.places(content.as_deref());
        steps.timeline.disk = steps.on_the_disk(disk);
        steps.timeline.pages = pages_of(path, &[]);
        steps
    }

    /// The process begins a call. What it has stored since its last one is a step of its own.
    pub(super) fn begins(&mut self, pid: Pid, content: &[u8], disk: &Model) {
        match self.sources.line(pid) {
            Some(line) => drop(self.at.insert(pid, line)),
            None => drop(self.at.remove(&pid)),
        }
        let is_there = self.path.exists();
        let file = self.places(is_there.then_some(content));
        let last = self.timeline.steps.last().map_or(&self.timeline.file, |step| &step.file);
        let changes = file.iter().filter(|place| !last.contains(place));
        let told: Vec<String> = changes.map(|(name, value)| now(name, value)).collect();
        if !told.is_empty() {
            self.push(pid, told.join("; "), false, (file, disk), None);
        }
    }

    /// The process has made a call that is about the disk.
    pub(super) fn calls(&mut self, pid: Pid, flush: &str, content: &[u8], disk: &Model) {
        let file = self.places(self.path.exists().then_some(content));
        let source = self.at.get(&pid).cloned();
        self.push(pid, format!("calls {flush}"), false, (file, disk), source);
    }

    /// The process is about to write a line.
    pub(super) fn says(
        &mut self,
        pid: Pid,
        line: &str,
        is_untrue: bool,
        (content, disk): (&[u8], &Model),
    ) {
        let file = self.places(self.path.exists().then_some(content));
        let source = self.at.get(&pid).cloned();
        let untrue = if is_untrue { ". That is NOT true yet" } else { "" };
        self.push(pid, format!("writes `{line}`{untrue}"), is_untrue, (file, disk), source);
    }

    /// All steps.
    pub(super) fn timeline(mut self) -> Timeline {
        self.timeline.leave_out_what_stays();
        self.timeline
    }

    fn push(
        &mut self,
        pid: Pid,
        words: String,
        wrong: bool,
        (file, disk): (Vec<Place>, &Model),
        source: Option<SourceLine>,
    ) {
        self.timeline.steps.push(TimelineStep {
            actor: 0,
            words: vec![words],
            wrong_at: 0,
            wrong,
            source: source.map(Into::into),
            file,
            disk: self.on_the_disk(disk),
            pages: pages_of(&self.path, &[("process".into(), pid)]),
        });
    }

    /// What FILE holds; `None`: there is no FILE.
    fn places(&self, content: Option<&[u8]>) -> Vec<Place> {
        let size = content.map_or("there is none".into(), |bytes| format!("{} bytes", bytes.len()));
        let slots = self.records.iter().map(|(slot, _)| {
            let held = content.and_then(|bytes| bytes.get(slot * SLOT..(slot + 1) * SLOT));
            (format!("slot {slot}"), held.map_or("past the end".into(), held_by))
        });
        [("FILE".into(), size)].into_iter().chain(slots).collect()
    }

    /// What the disk holds, by what the calls have flushed.
    fn on_the_disk(&self, disk: &Model) -> Vec<Place> {
        let slots = self.records.iter().map(|(slot, _)| {
            let held = disk.content().get(slot * SLOT..(slot + 1) * SLOT);
            (format!("slot {slot}"), held.map_or("nothing".into(), held_by))
        });
        let name = if disk.is_named() { "there" } else { "not there" };
        slots.chain([("the name of FILE".into(), name.into())]).collect()
    }
}

/// What a slot holds, in words.
fn held_by(slot: &[u8]) -> String {
    let text = slot.split(|byte| *byte == 0).next().unwrap_or_default();
    if text.is_empty() { "free".into() } else { shown(&String::from_utf8_lossy(text)) }
}

/// What a place holds now.
fn now(name: &str, value: &str) -> String {
    match name {
        "FILE" => format!("FILE has {value} now"),
        _ => format!("{name} of FILE holds {value} now"),
    }
}
