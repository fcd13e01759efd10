//! Judges one program: every check of its exercise, in order, each in a directory of its own.

use std::collections::BTreeMap;
use std::panic;
use std::path::Path;
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use common::{Context, Failure, Result, Scratch};
use tracer::processors;

use crate::context::Noted;
use crate::exercises::{Check, CheckContext, Exercise};
use crate::machine::Settings;
use crate::memory::out_of_memory_kills;
use crate::report::{CheckResult, Report, State};
use crate::turn::Turn;
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
    let results = thread::scope(|scope| {
        let mut results: Vec<CheckResult> = Vec::new();
        let mut concurrent = Concurrent::new();
        let (mut over, mut has_hung): (Option<&str>, bool) = (None, false);
        for (place, check) in exercise.checks.iter().enumerate() {
            if over.is_none() {
                let later = exercise.checks.get(place..).unwrap_or_default();
                begin_beside(scope, later, (program, settings), &results, &mut concurrent);
            }
            let begun = concurrent.remove(check.id).map(ScopedJoinHandle::join);
            let (done, milliseconds) = if let Some(id) = &over {
                let why =
                    format!("{}, and nothing more is judged", promised(id, &results, "failed"));
                results.push(CheckResult::skipped(check, why));
                continue;
            } else if let Some(id) = missing(check, &results) {
                results.push(without(check, id, &results));
                continue;
            } else {
                match begun {
                    None => timed(check, program, settings, has_hung),
                    Some(done) => {
                        done.map_err(|_| Failure::refusal("judge", program, "a panic"))?
                    }
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
        }
        Ok(results)
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
    let turn = settings.timing.as_deref().map(|path| Turn::wait(path, check.alone)).transpose();
    let _turn = match turn {
        Ok(turn) => turn,
        Err(failure) => return not_begun(failure),
    };
    let scratch = match Scratch::new() {
        Ok(scratch) => scratch,
        Err(failure) => return not_begun(failure),
    };
    match CheckContext::new(program, settings, &scratch) {
        Ok(mut context) => {
            if has_hung {
                context.limits().wall = AFTER_A_HANG;
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
