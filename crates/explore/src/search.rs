//! All schedules of a scenario in which each process is interrupted at most once.
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

use common::{Context, Result};
use tracer::processors;

use crate::Fixture;
use crate::operations::CallKind;
use crate::replay::{Outcome, Scenario, replay};
use crate::schedule::{Preemption, Schedule};
use crate::trace::{Operation, PreemptionPoint};

/// What is said about a run of two: nothing, or what is wrong.
pub type Judge<F> = fn(&Scenario, &Outcome) -> Option<F>;

/// How much of a scenario is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreemptionBound {
    /// The first is stopped, the second is not.
    OneStop,
    /// Both are stopped.
    TwoStops,
    /// Both are stopped, and the first after each of its points, too.
    All,
}

/// What came of a search.
pub struct Found<F> {
    /// How many runs there were.
    pub runs: usize,
    /// The first that went wrong, and what is said about it.
    pub wrong: Option<(Outcome, F)>,
    /// It was not finished: time was up.
    pub cut: bool,
}

/// Tries a scenario.
///
/// # Errors
/// Those of starting and following processes.
pub fn search<F>(
    fixture: &dyn Fixture,
    scenario: &Scenario,
    bound: PreemptionBound,
    judge: Judge<F>,
) -> Result<Found<F>> {
    let mut found = Found { runs: 0, wrong: None, cut: false };
    let firsts: &[usize] = if scenario.symmetric { &[0] } else { &[0, 1] };
    for first in firsts {
        let second = 1 - first;
        let with = |stops| Schedule { scenario: scenario.name.into(), first: *first, stops };
        let Some(base) = found.try_one(fixture, scenario, with([None, None]), judge)? else {
            return Ok(found);
        };
        for one in worth_it(&base.points[*first]) {
            let stop = Some(Preemption { number: one.number, after: false });
            let Some(run) = found.try_one(fixture, scenario, with([stop, None]), judge)? else {
                return Ok(found);
            };
            if bound == PreemptionBound::All {
                let after = Some(Preemption { number: one.number, after: true });
                if found.try_one(fixture, scenario, with([after, None]), judge)?.is_none() {
                    return Ok(found);
                }
            }
            if bound == PreemptionBound::OneStop
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
                if two.number == 1 && two.operation == Operation::Call(CallKind::Change) {
                    continue; // For the same reason.
                }
                let other = Some(Preemption { number: two.number, after: false });
                if found.try_one(fixture, scenario, with([stop, other]), judge)?.is_none() {
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
fn has_done_nothing(point: &PreemptionPoint, all: &[PreemptionPoint]) -> bool {
    let harmless = |operation: &Operation| {
        matches!(operation, Operation::Call(CallKind::Change | CallKind::Lock))
    };
    let before = all.iter().take_while(|earlier| earlier.number < point.number);
    let mut locks =
        before.clone().filter(|earlier| earlier.operation == Operation::Call(CallKind::Lock));
    harmless(&point.operation)
        && before.clone().all(|earlier| harmless(&earlier.operation))
        && locks.next().is_none()
}

impl<F> Found<F> {
    /// Runs one schedule; `None` if something was wrong, which is kept.
    fn try_one(
        &mut self,
        fixture: &dyn Fixture,
        scenario: &Scenario,
        schedule: Schedule,
        judge: Judge<F>,
    ) -> Result<Option<Outcome>> {
        if Instant::now() >= fixture.deadline() {
            self.cut = true;
            return Ok(None);
        }
        let run = replay(fixture, scenario, schedule)?;
        self.runs += 1;
        if run.cut {
            self.cut = true;
            return Ok(None);
        }
        match judge(scenario, &run) {
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
fn worth_it(points: &[PreemptionPoint]) -> Vec<PreemptionPoint> {
    let wanted = |point: &PreemptionPoint| point.operation != Operation::Call(CallKind::Futex);
    groups(points).into_iter().flatten().filter(wanted).collect()
}

/// The points, and of a loop's stores that follow each other in the file only the first, the middle
/// and the last.
pub(crate) fn groups(points: &[PreemptionPoint]) -> Vec<Vec<PreemptionPoint>> {
    let mut groups: Vec<Vec<&PreemptionPoint>> = Vec::new();
    for point in points {
        let follows = groups.last().and_then(|group| group.last()).is_some_and(|last| {
            matches!((&last.operation, &point.operation), (
                Operation::Store { offset, size, instruction },
                Operation::Store { offset: next, instruction: same, .. },
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
pub struct SearchJob<'a, F> {
    /// What the two are.
    pub scenario: &'a Scenario,
    /// How much is tried.
    pub bound: PreemptionBound,
    /// What is said about a run.
    pub judge: Judge<F>,
}

/// Searches on as many fixtures at once as are given; the results in the order of the jobs.
///
/// # Errors
/// Those of starting and following processes.
pub fn search_all<F: Send>(
    fixtures: &[impl Fixture],
    jobs: &[SearchJob<F>],
) -> Result<Vec<Found<F>>> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, Result<Found<F>>)>> = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for (place, fixture) in fixtures.iter().enumerate() {
            let (next, results) = (&next, &results);
            let work = move || {
                processors::pin_at(place); // A processor for each pair, where there are several.
                while let Some((index, job)) = take(next, jobs) {
                    let found = search(fixture, job.scenario, job.bound, job.judge);
                    if let Ok(mut results) = results.lock() {
                        results.push((index, found));
                    }
                }
            };
            // Without a thread of its own its share is done by the others.
            let _ = thread::Builder::new().name("search".into()).spawn_scoped(scope, work);
        }
    });
    let poisoned = |_| std::io::Error::other("a search has panicked");
    let mut results = results.into_inner().map_err(poisoned).step("search")?;
    results.sort_by_key(|(index, _)| *index);
    if results.len() < jobs.len() {
        return Err(std::io::Error::other("a search did not end")).step("search");
    }
    results.into_iter().map(|(_, found)| found).collect()
}

fn take<'a, T>(next: &AtomicUsize, all: &'a [T]) -> Option<(usize, &'a T)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    all.get(index).map(|one| (index, one))
}
