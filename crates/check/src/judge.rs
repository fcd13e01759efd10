//! Judges one program: every check of its exercise, in order, each in a room of its own.

use std::path::Path;
use std::time::Instant;

use common::{Result, Scratch};

use crate::exercises::{Bench, Check, Exercise, Finding, Trouble, Verdict};
use crate::place::Settings;
use crate::report::{CheckResult, Report, State};

/// Judges `program` as an answer to `exercise`.
///
/// # Errors
/// Faults of the judge itself: nothing is known about the program then.
pub fn judge(exercise: &Exercise, program: &Path, settings: &Settings) -> Result<Report> {
    let began = Instant::now();
    let mut results: Vec<CheckResult> = Vec::new();
    let mut over = None;
    for check in exercise.checks {
        let began = Instant::now();
        let missing = missing(check, &results);
        let mut result = if let Some(id) = &over {
            CheckResult::skipped(check, format!("the check `{id}` ended the exercise"))
        } else if let Some(id) = missing {
            CheckResult::skipped(check, format!("it needs the check `{id}`, which did not pass"))
        } else {
            match one(check, program, settings) {
                Ok(()) => CheckResult::passed(check),
                Err(Trouble::Wrong(finding)) => failed(exercise, check, &finding),
                Err(Trouble::Ended(finding)) => {
                    over = Some(check.id);
                    failed(exercise, check, &finding)
                }
                Err(Trouble::Cannot(why)) => CheckResult::cannot(check, why),
                Err(Trouble::Fault(failure)) => return Err(failure),
            }
        };
        result.milliseconds = milliseconds(began);
        results.push(result);
    }
    Ok(Report::new(exercise, program, &settings.ground, results, milliseconds(began)))
}

/// One check, in a scratch directory that is gone afterwards.
fn one(check: &Check, program: &Path, settings: &Settings) -> Verdict {
    let scratch = Scratch::new()?;
    let mut bench = Bench::new(program, settings, &scratch)?;
    (check.judge)(&mut bench)
}

/// A check that is needed and did not pass.
fn missing<'a>(check: &'a Check, results: &[CheckResult]) -> Option<&'a str> {
    let passed =
        |id: &str| results.iter().any(|result| result.id == id && result.state == State::Passed);
    check.needs.iter().copied().find(|id| !passed(id))
}

fn failed(exercise: &Exercise, check: &Check, finding: &Finding) -> CheckResult {
    CheckResult::failed(check, exercise, finding)
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
