//! All schedules of a scene in which each process is interrupted at most once.
//!
//! One process begins and is stopped at one of its points; the other runs until it ends or cannot
//! go
//! on, or is stopped at one of *its* points; then the first goes on until it ends or cannot, then
//! the second. That is a switch at any point of the one and at any point of the other: every error
//! that needs no more than these two is found, on every run, because nothing is left to luck.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use common::{Context, Failure, Result};

use super::calls::Kind;
use super::event::{Act, Point};
use super::replay::{Replay, Scene, Stage};
use super::schedule::Schedule;
use super::world::Stop;
use crate::exercises::Finding;
use crate::supervise::processors;

/// What is said about a run of two: nothing, or what is wrong.
pub type Judge = fn(&Scene, &Replay) -> Option<Finding>;

/// How much of a scene is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The first is stopped, the second is not.
    OneStop,
    /// Both are stopped.
    TwoStops,
    /// Both are stopped, and the first after each of its points, too.
    All,
}

/// What came of a search.
#[derive(Default)]
pub struct Found {
    /// How many runs there were.
    pub runs: usize,
    /// The first that went wrong, and what is said about it.
    pub wrong: Option<(Replay, Finding)>,
    /// It was not finished: time was up.
    pub cut: bool,
}

/// Tries a scene.
///
/// # Errors
/// Faults of the judge.
pub fn search(stage: &Stage, scene: &Scene, depth: Depth, judge: Judge) -> Result<Found> {
    let mut found = Found::default();
    let firsts: &[usize] = if scene.alike { &[0] } else { &[0, 1] };
    for first in firsts {
        let second = 1 - first;
        let with = |stops| Schedule { scene: scene.name.into(), first: *first, stops };
        let Some(base) = found.try_one(stage, scene, with([None, None]), judge)? else {
            return Ok(found);
        };
        for one in worth_it(&base.points[*first]) {
            let stop = Some(Stop { number: one.number, after: false });
            let Some(run) = found.try_one(stage, scene, with([stop, None]), judge)? else {
                return Ok(found);
            };
            if depth == Depth::All {
                let after = Some(Stop { number: one.number, after: true });
                if found.try_one(stage, scene, with([after, None]), judge)?.is_none() {
                    return Ok(found);
                }
            }
            if depth == Depth::OneStop
                || !run.arrived
                || has_done_nothing(&one, &base.points[*first])
            {
                continue;
            }
            let passed = run.points[second].get(..run.second_turn).unwrap_or_default();
            let mut seconds = worth_it(passed);
            if run.second_waited {
                // It came to where the first keeps others out: what it did on the way it does in
                // any other run, too. Its last step is the one that could have looked too early.
                seconds = seconds.split_off(seconds.len().saturating_sub(1));
            }
            for two in seconds {
                if two.number == 1 && two.act == Act::Call(Kind::Change) {
                    continue; // For the same reason.
                }
                let other = Some(Stop { number: two.number, after: false });
                if found.try_one(stage, scene, with([stop, other]), judge)?.is_none() {
                    return Ok(found);
                }
            }
        }
    }
    Ok(found)
}

/// Has a process that stands before this point done nothing that another could notice? It has made
/// no
/// store, and is about to open the file or to ask for a file lock: to stop the other as well would
/// show nothing that the other's whole run does not.
fn has_done_nothing(point: &Point, all: &[Point]) -> bool {
    let harmless = |act: &Act| matches!(act, Act::Call(Kind::Change | Kind::Lock));
    let before = all.iter().take_while(|earlier| earlier.number < point.number);
    let mut locks = before.clone().filter(|earlier| earlier.act == Act::Call(Kind::Lock));
    harmless(&point.act)
        && before.clone().all(|earlier| harmless(&earlier.act))
        && locks.next().is_none()
}

impl Found {
    /// Runs one schedule; `None` if something was wrong, which is kept.
    fn try_one(
        &mut self,
        stage: &Stage,
        scene: &Scene,
        schedule: Schedule,
        judge: Judge,
    ) -> Result<Option<Replay>> {
        if Instant::now() >= stage.late {
            self.cut = true;
            return Ok(None);
        }
        let run = stage.replay(scene, schedule)?;
        self.runs += 1;
        if run.cut {
            self.cut = true;
            return Ok(None);
        }
        match judge(scene, &run) {
            None => Ok(Some(run)),
            Some(finding) => {
                self.wrong = Some((run, finding));
                Ok(None)
            }
        }
    }
}

/// The points at which to stop: all but the waits, and of a loop's stores that follow each other in
/// the file only the first, the middle and the last.
fn worth_it(points: &[Point]) -> Vec<Point> {
    let wanted = |point: &Point| point.act != Act::Call(Kind::Futex);
    groups(points).into_iter().flatten().filter(wanted).collect()
}

/// The points, and of a loop's stores that follow each other in the file only the first, the middle
/// and the last.
pub(super) fn groups(points: &[Point]) -> Vec<Vec<Point>> {
    let mut groups: Vec<Vec<&Point>> = Vec::new();
    for point in points {
        let follows = groups.last().and_then(|group| group.last()).is_some_and(|last| {
            matches!((&last.act, &point.act), (
                Act::Store { offset, size, instruction },
                Act::Store { offset: next, instruction: same, .. },
            ) if instruction == same && *next == offset + *size as u64)
        });
        match groups.last_mut() {
            Some(group) if follows => group.push(point),
            _ => groups.push(vec![point]),
        }
    }
    let thinned = groups.into_iter().map(|group| {
        let last = group.len() - 1;
        let mut chosen = vec![0, group.len() / 2, last];
        chosen.dedup();
        chosen.into_iter().filter_map(|index| group.get(index).copied().cloned()).collect()
    });
    thinned.collect()
}

/// One search among several.
pub struct Hunt<'a> {
    /// What the two are.
    pub scene: &'a Scene,
    /// How much is tried.
    pub depth: Depth,
    /// What is said about a run.
    pub judge: Judge,
}

/// Hunts on as many stages at once as are given; the results in the order of the hunts.
///
/// # Errors
/// Faults of the judge.
pub fn hunt(stages: &[Stage<'_>], hunts: &[Hunt]) -> Result<Vec<Found>> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, Result<Found>)>> = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for (place, stage) in stages.iter().enumerate() {
            let (next, results) = (&next, &results);
            let work = move || {
                processors::stay_at(place); // A processor for each pair, where there are several.
                while let Some((index, hunt)) = take(next, hunts) {
                    let found = search(stage, hunt.scene, hunt.depth, hunt.judge);
                    if let Ok(mut results) = results.lock() {
                        results.push((index, found));
                    }
                }
            };
            // Without a thread of its own its share is done by the others.
            let _ = thread::Builder::new().name("stage".into()).spawn_scoped(scope, work);
        }
    });
    let poisoned = |_| Failure::refusal("search", stages[0].program, "a search has panicked");
    let mut results = results.into_inner().map_err(poisoned)?;
    results.sort_by_key(|(index, _)| *index);
    if results.len() < hunts.len() {
        return Err(std::io::Error::other("a search did not end")).step("search");
    }
    results.into_iter().map(|(_, found)| found).collect()
}

fn take<'a, T>(next: &AtomicUsize, all: &'a [T]) -> Option<(usize, &'a T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    all.get(index).map(|one| (index, one))
}
