//! A run as a series of moments: what happened in each step, at which line of the program's source, and what
//! FILE, its pages and the disk held after it. A page shows it, forwards and backwards. What was not seen is
//! left out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use crate::pages::Pages;
use crate::replay::Scenario;
use crate::source::SourceLine;
use crate::table::{Mark, called, each_row, is_news};
use crate::trace::{Event, EventKind, Returned};
use crate::watched_memory::ELSEWHERE;
use crate::words::{Names, Vocabulary, loaded_by_a_store, named_value, variables};

/// A place in FILE, and what it holds.
pub type Place = (String, String);

/// A run, moment by moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// How the two processes were called.
    pub heads: [String; 2],
    /// What FILE held at the start, in the places in which the run stores.
    pub file: Vec<Place>,
    /// What the disk held of it, where that is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disk: Vec<Place>,
    /// Why the loads are not shown, if they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_loads: Option<String>,
    /// FILE's pages at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<Pages>,
    /// What happened, in order.
    pub steps: Vec<TimelineStep>,
}

/// One step of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TimelineStep {
    /// Which of the two moved.
    pub actor: usize,
    /// What it did, one thing after another.
    #[serde(rename = "told")]
    pub words: Vec<String>,
    /// Whether this is the step that went wrong.
    pub wrong: bool,
    /// Which of these words tell that, from 0.
    #[serde(rename = "wrongAt")]
    pub wrong_at: usize,
    /// The line of the program's source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// What FILE holds after it.
    pub file: Vec<Place>,
    /// What the disk holds after it, where that is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disk: Vec<Place>,
    /// FILE's pages after it; left out if they are as before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<Pages>,
}

/// A line of a program's source, as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// The file, as the debug information names it: a page shows no path.
    #[serde(skip)]
    pub file: PathBuf,
    /// The file's name, without its directory.
    pub name: String,
    /// The line, from 1.
    pub line: u32,
    /// The text of the line, if the page may show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl From<SourceLine> for Source {
    fn from(SourceLine { file, line }: SourceLine) -> Self {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { file, name, line, text: None }
    }
}

impl Timeline {
    /// The timeline of these events.
    #[must_use]
    pub fn of(scenario: &Scenario, events: &[Event], words: Vocabulary, marks: &[Mark]) -> Self {
        let names = words.names;
        let places = places(events, names);
        let mut bytes = scenario.file.clone().unwrap_or_default();
        let shown = |bytes: &[u8]| -> Vec<Place> {
            let place = |(at, size): (&usize, &usize)| {
                let held = bytes.get(*at..*at + *size);
                let none = || (named_value(*at as u64, &[0], names).0, "past the end".into());
                held.map_or_else(none, |held| named_value(*at as u64, held, names))
            };
            places.iter().map(place).collect()
        };
        let file = shown(&bytes);
        let mut steps = Vec::new();
        for (index, row) in each_row(events, words, marks).into_iter().enumerate() {
            happen(&mut bytes, events.get(index));
            if is_news(events, index) && !row.text.is_empty() {
                let load = events.get(index).filter(|_| !was_stopped_before(events, index));
                let load = load.and_then(|event| loaded_by_a_store(&event.kind, names));
                let words: Vec<String> = load.into_iter().chain([row.text]).collect();
                let file = shown(&bytes);
                let seen = events.get(index).map(|event| event.seen.clone()).unwrap_or_default();
                steps.push(TimelineStep {
                    actor: row.actor,
                    wrong_at: words.len() - 1,
                    words,
                    wrong: row.decisive,
                    source: seen.source.map(Source::from),
                    file,
                    disk: Vec::new(),
                    pages: seen.pages,
                });
            }
        }
        let heads = [0, 1].map(|actor| called(scenario, actor));
        let mut timeline = Self { heads, file, steps, ..Self::default() };
        timeline.leave_out_what_stays();
        timeline
    }

    /// The same with what was seen of FILE's pages before it began.
    #[must_use]
    pub fn from(mut self, pages: Option<Pages>) -> Self {
        self.pages = pages;
        self.leave_out_what_stays();
        self
    }

    /// Leaves out pages that are as they were in the step before.
    pub fn leave_out_what_stays(&mut self) {
        let mut last = self.pages.clone();
        for step in &mut self.steps {
            if step.pages.is_none() || step.pages == last {
                step.pages = None;
            } else {
                last.clone_from(&step.pages);
            }
        }
    }
}

/// Was the process of an event stopped just before the event? What it had loaded was told then.
fn was_stopped_before(events: &[Event], index: usize) -> bool {
    let [earlier @ .., event] = events.get(..=index).unwrap_or_default() else { return false };
    let last = earlier.iter().rev().find(|earlier| earlier.actor == event.actor);
    last.is_some_and(|last| matches!(last.kind, EventKind::StopsBeforeStore { .. }))
}

/// Changes FILE's bytes as an event did.
fn happen(bytes: &mut Vec<u8>, event: Option<&Event>) {
    match event.map(|event| &event.kind) {
        Some(EventKind::Store { offset, after, .. }) if *offset < ELSEWHERE => {
            let Ok(start) = usize::try_from(*offset) else { return };
            let end = start + after.len();
            bytes.resize(bytes.len().max(end), 0);
            bytes[start..end].copy_from_slice(after);
        }
        Some(EventKind::Call(Returned { empties: true, .. })) => bytes.clear(),
        _ => {}
    }
}

/// The places in which the events store: the first byte of each, and how many bytes. A place inside another
/// one is left out.
fn places(events: &[Event], names: Names) -> BTreeMap<usize, usize> {
    let mut found: BTreeMap<usize, usize> = BTreeMap::new();
    for event in events {
        let EventKind::Store { offset, after, .. } = &event.kind else { continue };
        let Some(mut at) = usize::try_from(*offset).ok().filter(|_| *offset < ELSEWHERE) else {
            continue;
        };
        for (_, _, bytes) in variables(*offset, after, names) {
            let size = found.entry(at).or_default();
            *size = bytes.len().max(*size);
            at += bytes.len();
        }
    }
    let mut end = 0;
    found.retain(|at, size| {
        let is_new = *at + *size > end;
        end = end.max(*at + *size);
        is_new
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Shape;
    use tracer::arch::StoreForm;

    fn names(offset: u64) -> (String, Shape) {
        match offset {
            0..8 => ("the counter".into(), Shape::Sum),
            _ => (format!("byte {offset}"), Shape::Other),
        }
    }

    fn store(actor: usize, before: u64, after: u64) -> Event {
        let [before, after] = [before, after].map(|number| number.to_ne_bytes().to_vec());
        let (form, locked, stale, call) = (StoreForm::Store, false, None, None);
        let kind = EventKind::Store { offset: 0, before, after, stale, form, locked, call };
        Event::new(actor, kind)
    }

    #[test]
    fn each_step_has_what_file_holds_after_it() {
        let scenario = Scenario {
            name: "x",
            arguments: [&["add"], &["add"]],
            file: Some(41_u64.to_ne_bytes().to_vec()),
            symmetric: true,
        };
        let events = [store(0, 41, 42), store(1, 42, 42)];
        let timeline = Timeline::of(&scenario, &events, Vocabulary::of(names), &[]);
        let held = |place: &[Place]| place.iter().map(|place| place.1.clone()).collect::<Vec<_>>();
        assert_eq!(held(&timeline.file), ["41"]);
        assert_eq!(timeline.file[0].0, "the counter");
        let steps: Vec<_> = timeline.steps.iter().map(|step| held(&step.file)).collect();
        assert_eq!(steps, [["42"], ["42"]]);
        assert_eq!(timeline.steps.iter().map(|step| step.wrong).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn a_place_that_is_past_the_end_of_the_file_is_named() {
        let scenario =
            Scenario { name: "x", arguments: [&["a"], &["b"]], file: None, symmetric: true };
        let timeline = Timeline::of(&scenario, &[store(0, 0, 1)], Vocabulary::of(names), &[]);
        assert_eq!(timeline.file, [("the counter".into(), "past the end".into())]);
    }
}
