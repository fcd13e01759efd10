//! Judges one program: every check of its exercise, in order, each in a directory of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use common::{Context, Failure, Result};
use tracer::processors;

use crate::context::Noted;
use crate::early::EarlyVerdict;
use crate::exercises::{Check, CheckContext, Exercise};
use crate::machine::Settings;
use crate::machine_memory::out_of_memory_kills;
use crate::report::{CheckResult, Report, State};
use crate::timing_lock::TimingLock;
use crate::verdict::{CheckError, Verdict};

/// Judges `program` as an answer to `exercise`.
///
/// # Errors
/// Faults of the judge itself: nothing is known about the program then.
pub fn judge(exercise: &Exercise, program: &Path, settings: &Settings) -> Result<Report> {
    // Orphans become children of the first thread, whoever traces them. If this thread waited for a process, the
    // kernel would tell it of their stops, and not their tracer. So it waits for none before all is over.
    let judged = thread::scope(|scope| {
        let judge = || judge_in_this_thread(exercise, program, settings);
        let judge = thread::Builder::new().name("judge".into()).spawn_scoped(scope, judge);
        judge.map(ScopedJoinHandle::join)
    });
    let reaped = tracer::end_orphans();
    match judged.step("start a thread")? {
        Ok(report) => reaped.step("end the orphans").and(report),
        Err(panicked) => panic::resume_unwind(panicked),
    }
}

fn judge_in_this_thread(
    exercise: &Exercise,
    program: &Path,
    settings: &Settings,
) -> Result<Report> {
    let began = Instant::now();
    if settings.machine.tracing {
        processors::pin(); // Without it nothing is followed, and races need more than one.
    }
    let board = Board::of(exercise, program, settings);
    let results = thread::scope(|scope| {
        if exercise.two_at_a_time && settings.machine.tracing && processors::has_another() {
            // Without a thread of its own its share is done by this one.
            let beside = || board.judge_beside();
            let _ = thread::Builder::new().name("beside".into()).spawn_scoped(scope, beside);
        }
        let _closing = Closing(&board);
        in_order(scope, &board)
    });
    processors::unpin();
    let results = results?;
    let took = milliseconds(began);
    let report = Report::new(exercise, program, &settings.machine, results, took);
    let report = Report { seed: Some(settings.seed), ..report };
    Ok(match &settings.schedule {
        Some(schedule) => report.of_replay(schedule.to_string()),
        None => report,
    })
}

/// The results of all checks, in their order.
fn in_order<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    board: &'env Board,
) -> Result<Vec<CheckResult>> {
    let Board { exercise, program, settings, .. } = *board;
    let early = EarlyVerdict::new(exercise, settings.is_awaited);
    let mut results: Vec<CheckResult> = Vec::new();
    let mut concurrent = Concurrent::new();
    let (mut over, mut has_hung): (Option<&str>, bool) = (None, false);
    for (place, check) in exercise.checks.iter().enumerate() {
        early.show(&results);
        if over.is_none() {
            let later = exercise.checks.get(place..).unwrap_or_default();
            begin_beside(scope, later, (program, settings), &results, &mut concurrent);
        }
        let begun = concurrent.remove(check.id).map(ScopedJoinHandle::join);
        let (done, milliseconds) = if let Some(id) = &over {
            let why = format!("{}, and nothing more is judged", promised(id, &results, "failed"));
            results.push(CheckResult::skipped(check, why));
            continue;
        } else if let Some(id) = missing(check, &results) {
            results.push(without(check, id, &results));
            continue;
        } else {
            match begun {
                None => board.result(place, has_hung)?,
                Some(done) => done.map_err(|_| Failure::refusal("judge", program, "a panic"))?,
            }
        };
        let (verdict, noted) = done?;
        over = matches!(verdict, Err(CheckError::Ended(_))).then_some(check.id);
        has_hung |= verdict.as_ref().is_err_and(CheckError::is_out_of_time_by_the_clock);
        let mut result = result_of(exercise, check, verdict)?;
        result.details.extend(noted.lines);
        result.done = noted.done;
        result.milliseconds = milliseconds;
        results.push(result);
        let parts = noted.not_made.into_iter().enumerate();
        results.extend(parts.map(|(place, part)| CheckResult::part_not_made(check, place, part)));
    }
    Ok(results)
}

/// The checks of one judgement, for the two threads that make them: one in their order, one from the last of them.
/// Each makes a check only when all that it needs has passed. So no check is made that would not be made in order,
/// unless an earlier one ends the judgement: then its result does not count.
struct Board<'a> {
    exercise: &'a Exercise,
    program: &'a Path,
    settings: &'a Settings,
    state: Mutex<BoardState>,
    changed: Condvar,
}

/// How far they are.
#[derive(Default)]
struct BoardState {
    /// The checks that are being made, or were, by their places.
    begun: BTreeSet<usize>,
    /// The results that wait for their turn. `None`: its thread has panicked.
    done: BTreeMap<usize, Option<(Done, u64)>>,
    passed: BTreeSet<&'static str>,
    /// A check runs that measures time.
    is_measuring: bool,
    /// The number of checks that are running.
    running: usize,
    /// Nobody waits for a result any more.
    is_closed: bool,
}

impl<'a> Board<'a> {
    fn of(exercise: &'a Exercise, program: &'a Path, settings: &'a Settings) -> Self {
        let (state, changed) = (Mutex::default(), Condvar::new());
        Self { exercise, program, settings, state, changed }
    }

    fn lock(&self) -> MutexGuard<'_, BoardState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'g>(&self, made: MutexGuard<'g, BoardState>) -> MutexGuard<'g, BoardState> {
        self.changed.wait(made).unwrap_or_else(PoisonError::into_inner)
    }

    /// The result of a check. While the other thread makes it, this one makes others.
    fn result(&self, place: usize, has_hung: bool) -> Result<(Done, u64)> {
        let mut made = self.lock();
        loop {
            if let Some(done) = made.done.remove(&place) {
                return done.ok_or_else(|| Failure::refusal("judge", self.program, "a panic"));
            }
            let first = made.ready(self.exercise).first().copied();
            if made.begun.insert(place) {
                made = self.make(place, made, has_hung);
            } else if let Some(next) = first {
                made.begun.insert(next);
                made = self.make(next, made, has_hung);
            } else {
                made = self.wait(made);
            }
        }
    }

    /// Makes the last of the checks that can be made beside others, again and again.
    fn judge_beside(&self) {
        processors::pin_beside();
        let mut made = self.lock();
        while !made.is_closed {
            let next = match made.is_measuring {
                true => None,
                false => made.ready(self.exercise).into_iter().rfind(|place| {
                    self.exercise.checks.get(*place).is_some_and(|check| !check.everywhere)
                }),
            };
            made = match next {
                Some(next) => {
                    made.begun.insert(next);
                    self.make(next, made, false)
                }
                None => self.wait(made),
            };
        }
    }

    /// Makes one check, which was noted as begun.
    fn make<'g>(
        &'g self,
        place: usize,
        mut made: MutexGuard<'g, BoardState>,
        has_hung: bool,
    ) -> MutexGuard<'g, BoardState> {
        let Some(check) = self.exercise.checks.get(place) else { return made };
        while check.alone && made.running > 0 {
            made.is_measuring = true; // The other thread begins nothing more.
            made = self.wait(made);
        }
        made.is_measuring = check.alone;
        made.running += 1;
        drop(made);
        // A panic that nobody tells would leave the other thread waiting for this check.
        let done = panic::catch_unwind(AssertUnwindSafe(|| {
            timed(check, self.program, self.settings, has_hung)
        }));
        let mut made = self.lock();
        made.running -= 1;
        if check.alone {
            made.is_measuring = false;
        }
        if let Ok((Ok((Ok(()), _)), _)) = &done {
            made.passed.insert(check.id);
        }
        made.done.insert(place, done.ok());
        self.changed.notify_all();
        made
    }
}

/// When this is dropped, the other thread stops.
struct Closing<'b>(&'b Board<'b>);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.changed.notify_all();
    }
}

impl BoardState {
    /// The checks that can be made by either thread, by their places.
    fn ready(&self, exercise: &Exercise) -> Vec<usize> {
        let can_be_made = |(place, check): &(usize, &Check)| {
            !self.begun.contains(place)
                && !check.alone
                && !check.concurrent
                && check.needs.iter().all(|needed| self.passed.contains(needed))
        };
        exercise.checks.iter().enumerate().filter(can_be_made).map(|(place, _)| place).collect()
    }
}

/// Checks that run beside the others, by their ids.
type Concurrent<'scope> = BTreeMap<&'static str, ScopedJoinHandle<'scope, (Done, u64)>>;

/// Begins those of the checks that run beside the others, as soon as all that they need has passed. What needs
/// another one that runs beside the others does not wait for it, and runs on the processor of this thread: its
/// result counts only if the other one passes.
fn begin_beside<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    later: &'env [Check],
    (program, settings): (&'env Path, &'env Settings),
    results: &[CheckResult],
    concurrent: &mut Concurrent<'scope>,
) {
    for check in later.iter().filter(|check| check.concurrent) {
        let runs = |id: &str| concurrent.contains_key(id);
        if runs(check.id) || !lacking(check, results).all(runs) {
            continue;
        }
        let beside = settings.machine.tracing && !check.needs.iter().copied().any(runs);
        let run = move || {
            if beside {
                processors::pin_beside();
            }
            timed(check, program, settings, false)
        };
        concurrent.insert(check.id, scope.spawn(run));
    }
}

/// What the report says of a check.
fn result_of(exercise: &Exercise, check: &Check, verdict: Verdict) -> Result<CheckResult> {
    Ok(match verdict {
        Ok(()) => CheckResult::passed(check),
        Err(CheckError::Wrong(finding) | CheckError::Ended(finding)) => {
            CheckResult::failed(check, exercise, &finding)
        }
        Err(CheckError::Skipped(why)) => CheckResult::without_object(check, why),
        Err(CheckError::Cannot(why)) => CheckResult::cannot(check, why),
        Err(CheckError::Fault(failure)) => return Err(failure),
    })
}

/// How long a run may take, by the clock, of a program that has hung in another check: it may do
/// something else right, and nobody waits long to see it hang again.
const AFTER_A_HANG: Duration = Duration::from_secs(4);

/// One check, and how long it took.
fn timed(check: &Check, program: &Path, settings: &Settings, has_hung: bool) -> (Done, u64) {
    let began = Instant::now();
    let done = one(check, program, settings, has_hung);
    (done, milliseconds(began))
}

/// What is wrong is not known to be the program's fault if meanwhile the kernel has killed this many
/// processes because memory ran out: one of them may have been the program's.
fn unless_out_of_memory(verdict: Verdict, kills: i64) -> Verdict {
    match verdict {
        Err(CheckError::Wrong(finding)) if kills > 0 => Err(CheckError::Cannot(format!(
            "meanwhile the kernel has killed a process because memory ran out, on this machine or in its \
             control group; the program may not be to blame for this: {}",
            finding.actual
        ))),
        other => other,
    }
}

/// A check's verdict and what it noted; or a fault of the judge.
type Done = Result<(Verdict, Noted)>;

/// One check, in a scratch directory that is gone afterwards.
fn one(check: &Check, program: &Path, settings: &Settings, has_hung: bool) -> Done {
    let not_begun = |failure: Failure| Ok((Err(failure.into()), Noted::default()));
    let turn =
        settings.timing.as_deref().map(|path| TimingLock::wait(path, check.alone)).transpose();
    let _turn = match turn {
        Ok(turn) => turn,
        Err(failure) => return not_begun(failure),
    };
    let scratch = match sandbox::scratch() {
        Ok(scratch) => scratch,
        Err(failure) => return not_begun(failure),
    };
    match CheckContext::new(program, settings, &scratch) {
        Ok(mut context) => {
            if has_hung {
                context.limits_mut().wall = AFTER_A_HANG;
            }
            let kills_before = out_of_memory_kills();
            let verdict = (check.judge)(&mut context);
            let kills = out_of_memory_kills().zip(kills_before).map(|(now, then)| now - then);
            let verdict = unless_out_of_memory(verdict, kills.unwrap_or_default());
            let verdict = context.with_circumstances(verdict);
            Ok((verdict, context.noted()))
        }
        Err(failure) => not_begun(failure),
    }
}

/// A check that is needed and did not pass.
fn missing<'a>(check: &'a Check, results: &[CheckResult]) -> Option<&'a str> {
    lacking(check, results).next()
}

/// All checks that are needed and have not passed so far.
fn lacking<'a>(check: &'a Check, results: &[CheckResult]) -> impl Iterator<Item = &'a str> {
    let passed =
        |id: &str| results.iter().any(|result| result.id == id && result.state == State::Passed);
    check.needs.iter().copied().filter(move |id| !passed(id))
}

/// The result of a check that needs another one. What could not be judged takes nothing from those
/// that need it: they could not be judged either.
fn without(check: &Check, id: &str, results: &[CheckResult]) -> CheckResult {
    match results.iter().any(|result| result.id == id && result.state == State::Cannot) {
        true => CheckResult::cannot(check, promised(id, results, "could not be judged here")),
        false => CheckResult::skipped(check, promised(id, results, "did not pass")),
    }
}

/// What became of the check on which another one depends: it is named by what it promises.
fn promised(id: &str, results: &[CheckResult], became: &str) -> String {
    let promise = results.iter().find(|result| result.id == id).map(|result| &result.promise);
    format!("the check \"{}\" {became}", promise.map_or(id, String::as_str))
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
