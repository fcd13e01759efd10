//! All schedules of a race as a recording for the book: a tree, in which equal branches are one.

use std::collections::BTreeMap;
use std::path::Path;

use common::{Context, Failure, Result};
use explore::operations::CallKind;
use explore::schedule::letter;
use explore::steps::{Step, Stepper};
use explore::table::{Row, step_rows};
use explore::trace::{Event, EventKind};
use serde::Serialize;
use tracer::arch::StoreForm;

use super::moment::Moment;
use super::{KILL, RaceFixture, Shortest, can_move, in_words, moved, verdict};
use crate::verdict::Finding;

/// A race with too many schedules is not for a page.
const MOST_EXECUTIONS: usize = 400;

/// A recorded race.
#[derive(Serialize)]
struct Recording<'r> {
    name: &'r str,
    heading: &'r str,
    task: &'r str,
    source: &'r str,
    heads: [String; 2],
    /// What a reader should know after the race went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    lesson: Option<&'r str>,
    /// What stands above the locks.
    #[serde(skip_serializing_if = "str::is_empty")]
    caption: &'r str,
    /// The judge's shortest wrong schedule: which process has each turn.
    shortest: String,
    /// The same as the judge writes it, and in words, if it has no kill.
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<[String; 2]>,
    /// How many different orders there are, and how many of them go wrong.
    orders: usize,
    wrong: usize,
    /// The last one is the start. Each of them has a line of its own in the file.
    #[serde(skip)]
    moments: Vec<Recorded>,
}

#[derive(Serialize)]
struct Recorded {
    #[serde(flatten)]
    moment: Moment,
    /// What each process does in its next turn, and where that leads.
    moves: [Option<Move>; 2],
    /// What it does to A to be killed, and where that leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    kill: Option<Move>,
    /// In the end: what came of it.
    end: Option<End>,
}

#[derive(Serialize)]
struct Move {
    #[serde(rename = "told")]
    words: Vec<String>,
    /// Which of these words tell where it goes wrong, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    wrong: Option<usize>,
    /// The places in FILE that it stores to, even if it stores the value that was already there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stored: Vec<usize>,
    to: usize,
}

#[derive(Clone, Serialize)]
struct End {
    wrong: bool,
    verdict: String,
}

/// What one path through the tree leads to, before equal branches are joined.
struct Node {
    moment: Moment,
    /// What the last step did.
    last: StepWords,
    end: Option<End>,
}

/// The recording of a race, as JSON.
///
/// # Errors
/// Those of the executions; that the same steps do not do the same twice; that no order goes wrong.
pub fn recorded(place: &RaceFixture<'_>) -> Result<String> {
    let race = place.race;
    let refused = |why: &str| Failure::refusal("record", Path::new(race.name), why);
    let nodes = all_paths(place)?;
    if let Some(path) = nodes.keys().find(|path| !is_marked_once(&nodes, path)) {
        let path: String = path.iter().map(|mover| written(*mover)).collect();
        return Err(refused(&format!(
            "{path}: one step must be marked if it goes wrong, or else none"
        )));
    }
    let Some(Shortest { schedule, moves, .. }) = place.shortest()? else {
        return Err(refused("the judge finds no order that goes wrong"));
    };
    let leads_wrong =
        nodes.get(&moves).and_then(|node| node.end.as_ref()).is_some_and(|end| end.wrong);
    if !leads_wrong {
        return Err(refused("the judge's schedule goes wrong, and its steps do not"));
    }
    let ends = || nodes.values().filter_map(|node| node.end.as_ref());
    let in_words = in_words(&schedule);
    let recording = Recording {
        name: race.name,
        heading: race.heading,
        task: race.task,
        source: race.source,
        heads: race.heads(),
        lesson: race.lesson,
        caption: race.locks.caption(),
        shortest: moves.iter().map(|mover| written(*mover)).collect(),
        schedule: (!race.kills).then(|| [schedule.to_string(), in_words]),
        orders: ends().count(),
        wrong: ends().filter(|end| end.wrong).count(),
        moments: joined(&nodes)?,
    };
    written_out(&recording)
}

/// A recording as JSON, with a line for each moment: that is short, and shows in a comparison which moments changed.
fn written_out(recording: &Recording<'_>) -> Result<String> {
    let head = serde_json::to_string_pretty(recording).step("write JSON")?;
    let head = head.strip_suffix("\n}").unwrap_or(&head);
    let moments = recording.moments.iter().map(serde_json::to_string);
    let moments: Vec<String> = moments.collect::<std::result::Result<_, _>>().step("write JSON")?;
    Ok(format!("{head},\n  \"moments\": [\n    {}\n  ]\n}}\n", moments.join(",\n    ")))
}

/// Runs every order of the two processes' steps. The key is who moves at each step.
fn all_paths(place: &RaceFixture<'_>) -> Result<BTreeMap<Vec<usize>, Node>> {
    let refused = |why: &str| Failure::refusal("record", Path::new(place.race.name), why);
    let fixture = place.fixture(true)?;
    let mut nodes: BTreeMap<Vec<usize>, Node> = BTreeMap::new();
    let mut open = vec![Vec::new()];
    let mut executions = 0;
    while let Some(path) = open.pop() {
        executions += 1;
        if executions > MOST_EXECUTIONS {
            return Err(refused("it has too many orders"));
        }
        let mut stepper = place.stepper(&fixture)?;
        let mut taken = Vec::new();
        loop {
            let last = stepper.steps().last().filter(|_| !taken.is_empty());
            let node = node(&stepper, last, place)?;
            let same = |known: &Node| known.moment == node.moment && known.last == node.last;
            if nodes.get(&taken).is_some_and(|known| !same(known)) {
                return Err(refused("the same steps did something else this time"));
            }
            nodes.entry(taken.clone()).or_insert(node);
            // Where neither process can move, a kill may set one free.
            let movers = [0, 1, KILL].into_iter();
            let mut movers = movers.filter(|mover| can_move(&stepper, place.race, *mover));
            let Some(mut mover) = movers.next() else { break };
            match path.get(taken.len()) {
                Some(chosen) => mover = *chosen,
                None => open.extend(movers.map(|other| [&taken[..], &[other]].concat())),
            }
            moved(&mut stepper, mover)?;
            taken.push(mover);
        }
        let end = end(place.wrong(&stepper.finish()?));
        nodes.entry(taken).and_modify(|node| node.end = Some(end));
    }
    Ok(nodes)
}

/// Where a path leads; `last` is its last step.
fn node(stepper: &Stepper<'_>, last: Option<&Step>, place: &RaceFixture<'_>) -> Result<Node> {
    let moment = Moment::of(stepper, place.race)?;
    let last = last.map(|step| words_of(stepper, step, place));
    Ok(Node { moment, last: last.unwrap_or_default(), end: None })
}

/// Is one step of this order marked if the order goes wrong, and none if not?
fn is_marked_once(nodes: &BTreeMap<Vec<usize>, Node>, path: &[usize]) -> bool {
    let Some(end) = nodes.get(path).and_then(|node| node.end.as_ref()) else { return true };
    let prefixes = (1..=path.len()).filter_map(|length| nodes.get(path.get(..length)?));
    let marked = prefixes.filter(|node| node.last.wrong.is_some()).count();
    marked == usize::from(end.wrong)
}

/// What a step did, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct StepWords {
    pub(super) words: Vec<String>,
    /// Which of these words tell where it goes wrong.
    pub(super) wrong: Option<usize>,
    /// In which of the race's places it stores.
    pub(super) stored: Vec<usize>,
}

/// What a step did.
pub(super) fn words_of(stepper: &Stepper<'_>, step: &Step, place: &RaceFixture<'_>) -> StepWords {
    let events = stepper.events();
    let marks = place.race.marks(events);
    let rows = step_rows(events, place.race.words(), &marks);
    let has_file = place.race.scenario.file.is_some();
    // To open a FILE that is there is part of a step, and nothing that a player must know.
    let is_told = |index: &usize| match events.get(*index).map(|event| &event.kind) {
        Some(EventKind::SeesSize(_)) => !has_file,
        Some(EventKind::Call(returned)) if returned.kind == CallKind::Change => !has_file,
        Some(EventKind::StopsBeforeStore { .. } | EventKind::StopsBeforeCall(_)) => {
            index + 1 == step.events.end
        }
        event => event.is_some(),
    };
    // That it dies of the kill is no news.
    let dies = |index: &usize| {
        let before = index.checked_sub(1).and_then(|before| events.get(before));
        before.is_some_and(|before| before.kind == EventKind::Killed)
    };
    let told = step.events.clone().filter(is_told).filter(|index| !dies(index));
    let own = told.filter_map(|at| rows.get(at));
    let own: Vec<&Row> = own.filter(|row| !row.text.is_empty()).collect();
    StepWords {
        words: own.iter().map(|row| row.text.clone()).collect(),
        wrong: own.iter().position(|row| row.decisive),
        stored: stored(events.get(step.events.clone()).unwrap_or_default(), place.race.places),
    }
}

/// In which of these places the events store. A compare-and-exchange that finds another value stores nothing.
fn stored(events: &[Event], places: &[(usize, usize)]) -> Vec<usize> {
    let spans = events.iter().filter_map(|event| match &event.kind {
        EventKind::Store { before, after, form: StoreForm::CompareExchange { .. }, .. }
            if before == after =>
        {
            None
        }
        EventKind::Store { offset, after, .. } => {
            let start = usize::try_from(*offset).ok()?;
            Some(start..start + after.len())
        }
        _ => None,
    });
    let spans: Vec<_> = spans.collect();
    let is_in = |(at, size): &(usize, usize)| {
        spans.iter().any(|span| span.start < at + size && *at < span.end)
    };
    (0..places.len()).filter(|place| places.get(*place).is_some_and(is_in)).collect()
}

/// The letter of a move: A, B, or K for the kill.
fn written(mover: usize) -> char {
    if mover == KILL { 'K' } else { letter(mover) }
}

fn end(finding: Option<Finding>) -> End {
    End { wrong: finding.is_some(), verdict: verdict(finding.as_ref()) }
}

/// The tree, in which moments that are equal, and from which all is equal, are one. The start is the last.
fn joined(nodes: &BTreeMap<Vec<usize>, Node>) -> Result<Vec<Recorded>> {
    let mut longest_first: Vec<_> = nodes.iter().collect();
    longest_first.sort_by_key(|(path, _)| (std::cmp::Reverse(path.len()), (*path).clone()));
    let (mut moments, mut known) = (Vec::new(), BTreeMap::new());
    let mut places: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
    for (path, node) in longest_first {
        let step = |mover: usize| {
            let next = [&path[..], &[mover]].concat();
            let StepWords { words, wrong, stored } = nodes.get(&next)?.last.clone();
            Some(Move { words, wrong, stored, to: *places.get(&next)? })
        };
        let (moves, kill) = ([step(0), step(1)], step(KILL));
        let (moment, end) = (node.moment.clone(), node.end.clone());
        let recorded = Recorded { moment, moves, kill, end };
        let text = serde_json::to_string(&recorded).step("write JSON")?;
        let index = *known.entry(text).or_insert_with(|| {
            moments.push(recorded);
            moments.len() - 1
        });
        places.insert(path.clone(), index);
    }
    Ok(moments)
}
