//! All schedules of a scenario in which each process is interrupted at most once.
//!
//! One process begins and is stopped at one of its points; the other runs until it ends or cannot
//! go
//! on, or is stopped at one of *its* points; then the first goes on until it ends or cannot, then
//! the second. That is a switch at any point of the one and at any point of the other: every error
//! that needs no more than these two is found, on every run, because nothing is left to luck.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;
use std::{io, thread};

use common::{Context, Result};
use tracer::processors;

use crate::Fixture;
use crate::operations::CallKind;
use crate::replay::{ExecutionResult, Scenario, run_scenario};
use crate::schedule::{Preemption, Schedule};
use crate::trace::{Operation, PreemptionPoint};

/// What must hold after a run of two: `None` if it does, or else what is wrong.
pub type Invariant<F> = fn(&Scenario, &ExecutionResult) -> Option<F>;

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
pub struct SearchResult<F> {
    /// How many runs there were.
    pub runs: usize,
    /// The first that went wrong, and what is said about it.
    pub wrong: Option<(ExecutionResult, F)>,
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
    invariant: Invariant<F>,
) -> Result<SearchResult<F>> {
    let job = SearchJob { scenario, bound, invariant };
    let mut found = SearchResult::new();
    for first in firsts(scenario) {
        let mut next = vec![SearchPart::Base { first: *first }];
        while let Some(part) = next.pop() {
            let (done, parts) = part.tried(fixture, &job)?;
            if found.goes_on_with(done) {
                next.extend(parts.into_iter().rev());
            } else {
                return Ok(found);
            }
        }
    }
    Ok(found)
}

/// Who may begin: if both do the same, it makes no difference.
fn firsts(scenario: &Scenario) -> &'static [usize] {
    if scenario.symmetric { &[0] } else { &[0, 1] }
}

/// A part of a search. What it does depends on no other part but the first one of its kind.
enum SearchPart {
    /// One process after the other, without a stop: it shows at which points to stop the first.
    Base { first: usize },
    /// All schedules in which the first is stopped at this point. `points`: all those of the first.
    At { first: usize, one: PreemptionPoint, points: Arc<[PreemptionPoint]> },
}

impl SearchPart {
    /// Its runs, and the parts that follow from them.
    fn tried<F>(
        &self,
        fixture: &dyn Fixture,
        job: &SearchJob<F>,
    ) -> Result<(SearchResult<F>, Vec<Self>)> {
        let mut found = SearchResult::new();
        let parts = match self {
            Self::Base { first } => {
                let base = found.try_one(fixture, job, *first, [None, None])?;
                base.map(|base| Self::that_follow(*first, &base)).unwrap_or_default()
            }
            Self::At { first, one, points } => {
                found.stop_at(fixture, job, *first, (one, points))?;
                Vec::new()
            }
        };
        Ok((found, parts))
    }

    fn that_follow(first: usize, base: &ExecutionResult) -> Vec<Self> {
        let points: Arc<[_]> = base.points[first].clone().into();
        let worth_it = worth_it(&points).into_iter();
        worth_it.map(|one| Self::At { first, one, points: Arc::clone(&points) }).collect()
    }
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

impl<F> SearchResult<F> {
    const fn new() -> Self {
        Self { runs: 0, wrong: None, cut: false }
    }

    /// Adds what a later part has found; whether the search goes on after it.
    fn goes_on_with(&mut self, later: Self) -> bool {
        self.runs += later.runs;
        self.wrong = self.wrong.take().or(later.wrong);
        self.cut |= later.cut;
        self.goes_on()
    }

    fn goes_on(&self) -> bool {
        self.wrong.is_none() && !self.cut
    }

    /// Stops the first at this one of its points, and the second at each of its own that may show more.
    fn stop_at(
        &mut self,
        fixture: &dyn Fixture,
        job: &SearchJob<F>,
        first: usize,
        (one, points): (&PreemptionPoint, &[PreemptionPoint]),
    ) -> Result<()> {
        let before = |point: &PreemptionPoint| Preemption { number: point.number, after: false };
        let stop = Some(before(one));
        let Some(run) = self.try_one(fixture, job, first, [stop, None])? else { return Ok(()) };
        if job.bound == PreemptionBound::All {
            let after = Some(Preemption { number: one.number, after: true });
            if self.try_one(fixture, job, first, [after, None])?.is_none() {
                return Ok(());
            }
        }
        let alone = job.bound == PreemptionBound::OneStop;
        if alone || !run.arrived || has_done_nothing(one, points) {
            return Ok(());
        }
        let passed = run.points[1 - first].get(..run.second_turn).unwrap_or_default();
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
            if self.try_one(fixture, job, first, [stop, Some(before(&two))])?.is_none() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Runs one schedule; `None` if something was wrong, which is kept.
    fn try_one(
        &mut self,
        fixture: &dyn Fixture,
        job: &SearchJob<F>,
        first: usize,
        stops: [Option<Preemption>; 2],
    ) -> Result<Option<ExecutionResult>> {
        if Instant::now() >= fixture.deadline() {
            self.cut = true;
            return Ok(None);
        }
        let schedule = Schedule { scenario: job.scenario.name.into(), first, stops };
        let run = run_scenario(fixture, job.scenario, schedule)?;
        self.runs += 1;
        if run.cut {
            self.cut = true;
            return Ok(None);
        }
        match (job.invariant)(job.scenario, &run) {
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
    /// What must hold after each run.
    pub invariant: Invariant<F>,
}

/// Searches on as many fixtures at once as are given; the results in the order of the jobs. The parts of a
/// search are spread over all fixtures, and what is found is what one fixture alone would find: of the runs that
/// go wrong, the first in the order of the schedules counts, and no run after it.
///
/// # Errors
/// Those of starting and following processes.
pub fn search_all<F: Send>(
    fixtures: &[impl Fixture],
    jobs: &[SearchJob<F>],
) -> Result<Vec<SearchResult<F>>> {
    let shared = Shared { parts: Mutex::new(Parts::of(jobs)), changed: Condvar::new() };
    thread::scope(|scope| {
        for (place, fixture) in fixtures.iter().enumerate() {
            let shared = &shared;
            let work = move || {
                processors::pin_at(place); // A processor for each pair, where there are several.
                shared.work(fixture, jobs);
            };
            // Without a thread of its own its share is done by the others.
            let _ = thread::Builder::new().name("search".into()).spawn_scoped(scope, work);
        }
    });
    let parts = shared.parts.into_inner().unwrap_or_else(PoisonError::into_inner);
    if !parts.waiting.is_empty() || parts.running > 0 {
        return Err(io::Error::other("a search did not end")).step("search");
    }
    let mut results: Vec<SearchResult<F>> = jobs.iter().map(|_| SearchResult::new()).collect();
    for ([job, ..], done) in parts.done {
        if let Some(found) = results.get_mut(job).filter(|found| found.goes_on()) {
            found.goes_on_with(done?);
        }
    }
    Ok(results)
}

/// Orders the parts: the number of the part's job, which actor begins, and the part's number among the parts of this
/// job and actor.
type PartKey = [usize; 3];

/// The parts of all searches.
struct Parts<F> {
    waiting: BTreeMap<PartKey, SearchPart>,
    running: usize,
    done: BTreeMap<PartKey, Result<SearchResult<F>>>,
}

impl<F> Parts<F> {
    fn of(jobs: &[SearchJob<F>]) -> Self {
        let bases = jobs.iter().enumerate().flat_map(|(number, job)| {
            let firsts = firsts(job.scenario).iter();
            firsts.map(move |first| ([number, *first, 0], SearchPart::Base { first: *first }))
        });
        Self { waiting: bases.collect(), running: 0, done: BTreeMap::new() }
    }

    /// The next part. What comes after a run that went wrong is left out.
    fn next(&mut self) -> Option<(PartKey, SearchPart)> {
        while let Some((key, part)) = self.waiting.pop_first() {
            let mut before = self.done.range([key[0], 0, 0]..key);
            if before.all(|(_, done)| done.as_ref().is_ok_and(SearchResult::goes_on)) {
                self.running += 1;
                return Some((key, part));
            }
        }
        None
    }

    fn end(
        &mut self,
        key @ [job, first, _]: PartKey,
        tried: Result<(SearchResult<F>, Vec<SearchPart>)>,
    ) {
        self.running -= 1;
        let found = tried.map(|(found, parts)| {
            let parts = parts.into_iter().enumerate();
            self.waiting.extend(parts.map(|(number, part)| ([job, first, number + 1], part)));
            found
        });
        self.done.insert(key, found);
    }
}

/// The parts, and a bell that rings when one has ended.
struct Shared<F> {
    parts: Mutex<Parts<F>>,
    changed: Condvar,
}

impl<F> Shared<F> {
    /// Takes one part after another, until none can follow.
    fn work(&self, fixture: &dyn Fixture, jobs: &[SearchJob<F>]) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some((key, part)) = parts.next() {
                drop(parts);
                // A panic that nobody tells would leave the others waiting for this part.
                let tried = panic::catch_unwind(AssertUnwindSafe(|| match jobs.get(key[0]) {
                    Some(job) => part.tried(fixture, job),
                    None => Ok((SearchResult::new(), Vec::new())),
                }));
                let panicked = |_| Err(io::Error::other("a search has panicked")).step("search");
                let tried = tried.unwrap_or_else(panicked);
                parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
                parts.end(key, tried);
                self.changed.notify_all();
            } else if parts.running > 0 {
                parts = self.changed.wait(parts).unwrap_or_else(PoisonError::into_inner);
            } else {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::PreemptionPoint;

    /// Parts of two searches, of which the first goes wrong at the second of its points.
    #[test]
    fn what_comes_after_a_run_that_went_wrong_is_left_out_and_what_comes_before_is_not() {
        let scenario = Scenario { name: "any", arguments: [&[], &[]], file: None, symmetric: true };
        let job = || SearchJob::<()> {
            scenario: &scenario,
            bound: PreemptionBound::OneStop,
            invariant: |_, _| None,
        };
        let mut parts = Parts::of(&[job(), job()]);
        let keys = |parts: &Parts<()>| parts.waiting.keys().copied().collect::<Vec<_>>();
        assert_eq!(keys(&parts), [[0, 0, 0], [1, 0, 0]]);
        let at = |number| {
            let operation = Operation::Call(CallKind::Change);
            let one = PreemptionPoint { number, operation };
            SearchPart::At { first: 0, one, points: Arc::new([]) }
        };
        let next = |parts: &mut Parts<()>| parts.next().map(|(key, _)| key);
        assert_eq!(next(&mut parts), Some([0, 0, 0]));
        parts.end([0, 0, 0], Ok((SearchResult::new(), (1..=4).map(at).collect())));
        assert_eq!(
            next(&mut parts),
            Some([0, 0, 1]),
            "it still runs while the next one goes wrong"
        );
        assert_eq!(next(&mut parts), Some([0, 0, 2]));
        parts.end([0, 0, 2], Ok((SearchResult { cut: true, ..SearchResult::new() }, Vec::new())));
        assert_eq!(next(&mut parts), Some([1, 0, 0]), "the third and the fourth are left out");
        parts.end([0, 0, 1], Ok((SearchResult { runs: 7, ..SearchResult::new() }, Vec::new())));
        parts.end([1, 0, 0], Ok((SearchResult::new(), Vec::new())));
        assert_eq!(next(&mut parts), None);
        assert_eq!(parts.running, 0);
        let done: Vec<_> = parts.done.keys().copied().collect();
        assert_eq!(done, [[0, 0, 0], [0, 0, 1], [0, 0, 2], [1, 0, 0]]);
    }
}
