//! Searches as a check states them: the scenarios, what is said about a run, and the table.

use explore::operations::{FUTEX_WAITS, PRIVATE_FUTEX_WAITS};
use explore::replay::{Outcome, Scenario, replay};
use explore::schedule::{Schedule, letter};
use explore::search::{PreemptionBound, SearchJob, search_all};
use explore::table::{Mark, Names, Table};
use explore::timeline::Timeline;
use explore::trace::{Event, EventKind};
use tracer::{Ending, LimitExceeded, arch};

use crate::context::CheckContext;
use crate::fixture::Fixture;
use crate::observe::diagnosis_of;
use crate::stress::stress;
use crate::verdict::{CheckError, Finding, REPLAYED, Verdict};

/// What is said about a run of two: nothing, or what is wrong.
pub type Judge = explore::search::Judge<Finding>;

/// How a check tells what happened in a run.
#[derive(Clone, Copy)]
pub struct Telling {
    /// How the places in FILE are called.
    pub names: Names,
    /// What is said of the step that went wrong; a value that is overwritten unseen is marked anyway.
    pub marks: fn(&Finding, &Outcome) -> Vec<Mark>,
}

/// Scenarios that a check tries.
pub struct SearchSpec {
    /// What the two are.
    pub scenario: Scenario,
    /// How much is tried.
    pub bound: PreemptionBound,
}

/// How many pairs run at a time: two processes each, of which one moves.
const FIXTURES: usize = 2;

/// A scenario of an exercise's check, with its judge.
pub(crate) struct Judged {
    pub(crate) scenario: Scenario,
    pub(crate) names: Names,
    pub(crate) judge: Judge,
}

/// Tries scenarios in every order, or replays the schedule that was asked for.
///
/// # Errors
/// What `judge` found, with the table; that this machine cannot show interleavings; faults.
pub fn in_every_order(
    context: &CheckContext,
    specs: &[SearchSpec],
    judge: Judge,
    telling: Telling,
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
        fixtures[0].looks = context.settings().looks;
        replay_one(&fixtures[0], specs, schedule.clone(), judge, telling)?;
        context.did(REPLAYED.into());
        return Ok(());
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
            let (run, finding) = looked_at(context, &spec.scenario, (run, finding), judge)?;
            return Err(told(&spec.scenario, &run, finding, telling));
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

/// The same run once more, looked at, if a page is to show it. If something else happens this time, the page
/// shows the first run, and what was seen of that.
fn looked_at(
    context: &CheckContext,
    scenario: &Scenario,
    (run, finding): (Outcome, Finding),
    judge: Judge,
) -> Verdict<(Outcome, Finding)> {
    if !context.settings().looks {
        return Ok((run, finding));
    }
    let fixture = Fixture { looks: true, ..context.fixture("looked-at")? };
    let again = replay(&fixture, scenario, run.schedule.clone())?;
    let same =
        |other: &Finding| (other.diagnosis, &other.actual) == (finding.diagnosis, &finding.actual);
    Ok(match judge(scenario, &again).filter(same) {
        Some(finding) if !again.cut => (again, finding),
        _ => (run, finding),
    })
}

fn replay_one(
    fixture: &Fixture,
    specs: &[SearchSpec],
    schedule: Schedule,
    judge: Judge,
    telling: Telling,
) -> Verdict {
    let Some(spec) = specs.iter().find(|spec| spec.scenario.name == schedule.scenario) else {
        return Err(CheckError::Cannot(format!("the schedule {schedule} is of another check")));
    };
    let run = replay(fixture, &spec.scenario, schedule)?;
    if run.cut {
        let why = "the two processes did not get so far in the time that a check may take: try again on a \
                   machine that is less busy";
        return Err(CheckError::Cannot(why.into()));
    }
    match judge(&spec.scenario, &run) {
        Some(finding) => Err(told(&spec.scenario, &run, finding, telling)),
        None => Ok(()),
    }
}

/// A finding with its table, and how to see it again.
fn told(scenario: &Scenario, run: &Outcome, finding: Finding, telling: Telling) -> CheckError {
    let marks = (telling.marks)(&finding, run);
    let table = Table::of(scenario, &run.events, telling.names, &marks);
    let timeline = Timeline::of(scenario, &run.events, telling.names, &marks);
    let timeline = timeline.from(run.pages_at_start.clone());
    let finding = finding.details([found_in(scenario)]).table(table).timeline(timeline);
    verdict(run, finding.schedule(run.schedule.to_string()))
}

/// What FILE was when the two processes began.
fn found_in(scenario: &Scenario) -> String {
    match &scenario.file {
        None => "FILE: there was none when the two processes began".into(),
        Some(bytes) => {
            format!("FILE: a regular file of {} bytes when the two processes began", bytes.len())
        }
    }
}

/// If a run exceeded a limit, nothing more of the program is judged: each scenario would take as long. But a
/// wait without an end may be one scenario's.
fn verdict(run: &Outcome, finding: Finding) -> CheckError {
    match run.limit_exceeded {
        Some(limit) if diagnosis_of(limit) == finding.diagnosis => {
            CheckError::Ended(Box::new(finding))
        }
        _ => finding.into(),
    }
}

/// What is wrong with any run of two, whatever they do: one crashed, hung, or failed, or FILE is gone.
#[must_use]
pub fn common_finding(scenario: &Scenario, run: &Outcome, may_fail: bool) -> Option<Finding> {
    let called = |side: usize| format!("`{}`", scenario.arguments[side].join(" "));
    if run.limit_exceeded.is_some() || run.stuck {
        return Some(without_an_end(scenario, run));
    }
    for side in 0..2 {
        let said = String::from_utf8_lossy(&run.stderr[side]);
        let told = |id, expected: &str, ending: Ending| {
            let finding =
                Finding::new(id, format!("{} {expected}", called(side)), ending.to_string());
            finding.details(crate::expect::said(&said))
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
    run.file.is_none().then(|| {
        let expected = "FILE is there, and a regular file, when both processes have ended";
        Finding::new("file-gone", expected, "there is none, or it cannot be read")
    })
}

/// What is said of a run of two that did not come to its end.
fn without_an_end(scenario: &Scenario, run: &Outcome) -> Finding {
    let expected = "both processes end";
    let goes_on = |side: &usize| {
        let killed = run.limit_exceeded.is_some()
            && run.endings[*side] == Some(Ending::Killed(libc::SIGKILL));
        run.endings[*side].is_none() || killed
    };
    let name = |side: usize| format!("{} (`{}`)", letter(side), scenario.arguments[side].join(" "));
    let sides: Vec<usize> = (0..2).filter(goes_on).collect();
    let waits: Vec<String> = sides
        .iter()
        .filter_map(|side| Some(format!("{} {}", name(*side), waits_last(&run.events, *side)?)))
        .collect();
    let names: Vec<String> = sides.iter().map(|side| name(*side)).collect();
    let ended = (0..2).filter(|side| !sides.contains(side));
    let ended: Vec<String> = ended.map(|side| format!("; {} has ended", letter(side))).collect();
    let ended = ended.concat();
    // All that did not end were waiting: that is what went wrong, not the time that it took. What used
    // up CPU time was a wait only if it turns in a loop: a child of an actor may have used it up, too.
    let all_wait = !sides.is_empty() && waits.len() == sides.len();
    let all_spin = all_wait && sides.iter().all(|side| spins_last(&run.events, *side));
    let (waits, names) = (waits.join("; "), names.join(" and "));
    let is_private = |side: &usize| waits_last(&run.events, *side) == Some(IN_PRIVATE_FUTEX);
    let deadlock = if sides.iter().any(is_private) { "private-futex" } else { "deadlock" };
    let limit = match run.limit_exceeded {
        None if all_wait => return Finding::new(deadlock, expected, waits + &ended),
        None => {
            return Finding::new("deadlock", expected, format!("{names} did not end{ended}"));
        }
        Some(limit) => limit,
    };
    let is_wait = match limit {
        LimitExceeded::Processor(_) => all_spin,
        LimitExceeded::Wall(_) => all_wait,
        _ => false,
    };
    let who = if names.is_empty() { "together, the processes".into() } else { names };
    match is_wait {
        true => {
            Finding::new(deadlock, expected, format!("{waits}{ended}. In the end, {who} {limit}"))
        }
        false => Finding::new(diagnosis_of(limit), expected, format!("{who} {limit}")),
    }
}

/// What an actor does that has lost its turn and waits for no other process.
const NO_WAITS: [&str; 4] = [
    "makes calls and gets nowhere",
    "waits for its child",
    "waits for input",
    "waits until its output is taken",
];

/// What is said of a process that waits in futex.
const IN_FUTEX: &str = "waits in a futex call: it sleeps until a lock or a semaphore is given back";

/// What is said of one that only its own threads could wake.
const IN_PRIVATE_FUTEX: &str = "waits in a private futex call (FUTEX_PRIVATE_FLAG): only threads of its own process \
     could wake it";

/// Does an actor wait in a loop that uses CPU time?
fn spins_last(events: &[Event], side: usize) -> bool {
    let spins = |why: &str| why.starts_with("turns") || why.starts_with("tries");
    waits_last(events, side).is_some_and(spins)
}

/// In what an actor waits, if it has done nothing else since; to make calls, or to wait for a child that
/// works, is no wait for another process.
#[must_use]
pub fn waits_last(events: &[Event], side: usize) -> Option<&'static str> {
    let own = events.iter().rev().filter(|event| event.actor == side);
    let mut last = own.skip_while(|event| {
        matches!(event.kind, EventKind::Killed | EventKind::Ended(Ending::Killed(_)))
    });
    match last.next()?.kind {
        EventKind::Blocked(FUTEX_WAITS) => Some(IN_FUTEX),
        EventKind::Blocked(PRIVATE_FUTEX_WAITS) => Some(IN_PRIVATE_FUTEX),
        EventKind::Blocked(why) => Some(why).filter(|why| !NO_WAITS.contains(why)),
        // An atomic operation that changes nothing is a try.
        EventKind::Store { locked: true, ref before, ref after, .. } if before == after => {
            Some("tries, fails and tries again")
        }
        _ => None,
    }
}
