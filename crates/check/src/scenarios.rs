//! Searches as a check states them: the scenarios, what is said about a run, and the table.

use explore::replay::{Outcome, Scenario, replay};
use explore::schedule::Schedule;
use explore::search::{PreemptionBound, SearchJob, search_all};
use explore::table::{Names, table};
use tracer::{Ending, arch};

use crate::context::CheckContext;
use crate::fixture::Fixture;
use crate::observe::diagnosis_of;
use crate::stress::stress;
use crate::verdict::{CheckError, Finding, Verdict};

/// What is said about a run of two: nothing, or what is wrong.
pub type Judge = explore::search::Judge<Finding>;

/// Scenarios that a check tries.
pub struct SearchSpec {
    /// What the two are.
    pub scenario: Scenario,
    /// How much is tried.
    pub bound: PreemptionBound,
}

/// How many pairs run at a time: two processes each, of which one moves.
const FIXTURES: usize = 2;

/// Tries scenarios in every order, or replays the schedule that was asked for.
///
/// # Errors
/// What `judge` found, with the table; that this machine cannot show interleavings; faults.
pub fn in_every_order(
    context: &CheckContext,
    specs: &[SearchSpec],
    judge: Judge,
    names: Names,
) -> Verdict {
    let mut fixtures: Vec<Fixture> = Vec::new();
    for number in 0..FIXTURES {
        fixtures.push(context.fixture(&format!("fixture-{number}"))?);
    }
    if let Some(schedule) = &context.settings().schedule {
        if !can_be_shown(context) {
            return Err(CheckError::Cannot(format!(
                "the schedule {schedule} cannot be replayed: {NEEDS}"
            )));
        }
        return replay_one(&fixtures[0], specs, schedule.clone(), judge, names);
    }
    if !can_be_shown(context) {
        return by_stress(&fixtures[0], specs, judge);
    }
    let jobs = specs.iter();
    let jobs =
        jobs.map(|SearchSpec { scenario, bound }| SearchJob { scenario, bound: *bound, judge });
    let (mut runs, mut cut) = (0, false);
    for (spec, found) in specs.iter().zip(search_all(&fixtures, &jobs.collect::<Vec<_>>())?) {
        context.did(format!("{}: {} orders", spec.scenario.name, found.runs));
        if let Some((run, finding)) = found.wrong {
            context.did(run.schedule.to_string());
            return Err(told(&spec.scenario, &run, finding, names));
        }
        runs += found.runs;
        cut |= found.cut;
    }
    match cut {
        false => Ok(()),
        true => Err(CheckError::Cannot(format!(
            "only {runs} orders could be tried in the time that a check may take: none was wrong; \
             try again on a machine that is less busy"
        ))),
    }
}

/// What it takes to stop a program before its stores.
pub const NEEDS: &str = "a process must be traced to stop it before a store, and only on x86-64";

/// Can interleavings be shown here? If not, they are looked for by stress.
#[must_use]
pub fn can_be_shown(context: &CheckContext) -> bool {
    context.settings().machine.tracing && arch::TRAPS_STORES
}

fn by_stress(fixture: &Fixture, specs: &[SearchSpec], judge: Judge) -> Verdict {
    let scenarios: Vec<_> = specs.iter().map(|spec| &spec.scenario).collect();
    let tried = stress(fixture, &scenarios, judge)?;
    match tried.wrong {
        Some((scenario, run, finding)) => {
            let how = format!("found by stress, in the scenario {scenario}: no schedule repeats it");
            Err(verdict(&run, finding.details([how])))
        }
        None if tried.rounds == 0 => Err(CheckError::Cannot(
            "not one moment could be tried in the time that a check may take: try again on a machine \
             that is less busy"
                .into(),
        )),
        None => Ok(()),
    }
}

fn replay_one(
    fixture: &Fixture,
    specs: &[SearchSpec],
    schedule: Schedule,
    judge: Judge,
    names: Names,
) -> Verdict {
    let Some(spec) = specs.iter().find(|spec| spec.scenario.name == schedule.scenario) else {
        return Err(CheckError::Cannot(format!("the schedule {schedule} is of another check")));
    };
    let run = replay(fixture, &spec.scenario, schedule)?;
    match judge(&spec.scenario, &run) {
        Some(finding) => Err(told(&spec.scenario, &run, finding, names)),
        None => Ok(()),
    }
}

/// A finding with its table, and how to see it again.
fn told(scenario: &Scenario, run: &Outcome, finding: Finding, names: Names) -> CheckError {
    verdict(run, finding.details(table(scenario, run, names)).schedule(run.schedule.to_string()))
}

/// If a limit was exceeded, nothing more of the program is judged: each scenario would take as long.
fn verdict(run: &Outcome, finding: Finding) -> CheckError {
    match run.limit_exceeded {
        Some(_) => CheckError::Ended(Box::new(finding)),
        None => finding.into(),
    }
}

/// What is wrong with any run of two, whatever they do: one crashed, hung, or failed.
#[must_use]
pub fn common_finding(scenario: &Scenario, run: &Outcome, may_fail: bool) -> Option<Finding> {
    let called = |side: usize| format!("`{}`", scenario.arguments[side].join(" "));
    if run.limit_exceeded.is_some() || run.stuck {
        let who: Vec<String> =
            (0..2).filter(|side| run.endings[*side].is_none()).map(called).collect();
        let who = if who.is_empty() { vec![called(0), called(1)] } else { who };
        let (who, expected) = (who.join(" and "), "both processes end");
        return Some(match run.limit_exceeded {
            Some(limit) => Finding::new(diagnosis_of(limit), expected, format!("{who}: {limit}")),
            None => Finding::new("deadlock", expected, format!("{who} did not end")),
        });
    }
    for side in 0..2 {
        let said = String::from_utf8_lossy(&run.stderr[side]);
        let told = |id, expected: &str, ending: Ending| {
            let finding =
                Finding::new(id, format!("{} {expected}", called(side)), ending.to_string());
            finding.details(said.lines().take(3).map(|line| format!("it said: {line:?}")))
        };
        match run.endings[side] {
            Some(Ending::Exited(0)) => {}
            Some(Ending::Exited(1)) if may_fail => {}
            Some(ending @ Ending::Exited(_)) => {
                return Some(told("fails-beside-another", "succeeds beside another", ending));
            }
            Some(ending @ Ending::Killed(_)) => {
                return Some(told("died-of-a-signal", "ends by itself beside another", ending));
            }
            None => {}
        }
    }
    None
}
