//! Searches as a check states them: the scenarios, what is said about a run, and the table.

use std::time::{Duration, Instant};

use explore::replay::{ExecutionResult, Scenario, run_scenario};
use explore::requests::Blocked;
use explore::schedule::{Schedule, letter};
use explore::search::{PreemptionBound, SearchJob, search_all};
use explore::table::{Mark, Table};
use explore::timeline::Timeline;
use explore::trace::{Event, EventKind};
use explore::words::{Names, Vocabulary};
use tracer::{Ending, LimitExceeded, arch};

use crate::context::CheckContext;
use crate::fixture::SandboxedFixture;
use crate::observe::diagnosis_of;
use crate::stress::stress;
use crate::verdict::{CheckError, Finding, REPLAYED, Verdict};

/// What is said about a run of two: nothing, or what is wrong.
pub type Judge = explore::search::Invariant<Finding>;

/// The words in which a check says what happened in a run.
#[derive(Clone, Copy)]
pub struct Wording {
    /// How the places in FILE are called.
    pub names: Names,
    /// What is said of the step that went wrong; a value that is overwritten unseen is marked anyway.
    pub marks: fn(&Finding, &ExecutionResult) -> Vec<Mark>,
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
pub(crate) struct JudgedScenario {
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
    wording: Wording,
) -> Verdict {
    let mut fixtures: Vec<SandboxedFixture> = Vec::new();
    for number in 0..FIXTURES {
        fixtures.push(context.fixture(&format!("fixture-{number}"))?);
    }
    if let Some(schedule) = &context.settings().schedule {
        if !can_be_shown(context) {
            return Err(CheckError::Cannot(format!(
                "the schedule {schedule} cannot be replayed: {NEEDS}"
            )));
        }
        replay_one(context, &fixtures[0], specs, schedule.clone(), judge, wording)?;
        context.did(REPLAYED.into());
        return Ok(());
    }
    if !can_be_shown(context) {
        return by_stress(&fixtures[0], specs, judge);
    }
    let jobs = specs.iter();
    let jobs = jobs.map(|SearchSpec { scenario, bound }| SearchJob {
        scenario,
        bound: *bound,
        invariant: judge,
    });
    let (mut runs, mut cut) = (0, false);
    for (spec, found) in specs.iter().zip(search_all(&fixtures, &jobs.collect::<Vec<_>>())?) {
        context.did(format!("{}: {} orders", spec.scenario.name, found.runs));
        if let Some((run, finding)) = found.wrong {
            context.did(run.schedule.to_string());
            if has_failed_late(&run) && !fails_again(context, &spec.scenario, &run, judge)? {
                return Err(CheckError::Cannot(FAILED_ONCE.into()));
            }
            let looked = looked_at(context, &spec.scenario, (&run, &finding), judge)?;
            return Err(told(&spec.scenario, &run, (finding, looked), wording));
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

const FAILED_ONCE: &str = "a process failed after seconds in one order, and not when the same order was tried again: it \
                           may have waited for as long as it likes to, while the other one could not run; try again on a \
                           machine that is less busy";

/// Has a process failed after so long a time that it may have given up waiting for the other one? On a busy machine, the
/// other one may not have had time to come.
fn has_failed_late(run: &ExecutionResult) -> bool {
    const LATE: Duration = Duration::from_secs(1);
    let has_failed = |ending: &Option<Ending>| matches!(ending, Some(Ending::Exited(1..)));
    run.took >= LATE && run.endings.iter().any(has_failed)
}

/// Is the same order wrong in two further runs?
fn fails_again(
    context: &CheckContext,
    scenario: &Scenario,
    run: &ExecutionResult,
    judge: Judge,
) -> Verdict<bool> {
    /// The check's own time may be over: each of these runs has its own.
    const TIME: Duration = Duration::from_secs(10);
    each_is_wrong(scenario, judge, |name| {
        let deadline = Instant::now() + TIME;
        let fixture = SandboxedFixture { deadline, ..context.fixture(name)? };
        Ok(run_scenario(&fixture, scenario, run.schedule.clone())?)
    })
}

/// Makes a run in each of two places, and says whether both are wrong. A run for which there was no time shows nothing.
fn each_is_wrong(
    scenario: &Scenario,
    judge: Judge,
    mut run_in: impl FnMut(&str) -> Verdict<ExecutionResult>,
) -> Verdict<bool> {
    for name in ["again", "once-more"] {
        let again = run_in(name)?;
        if again.cut || judge(scenario, &again).is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Judges one order that `--schedule` has no name for: one process has the turn until it waits or has ended, then the
/// other one.
///
/// # Errors
/// As [`in_every_order`].
pub fn in_turn(
    context: &CheckContext,
    scenario: Scenario,
    judge: Judge,
    wording: Wording,
) -> Verdict {
    if !can_be_shown(context) {
        return Err(CheckError::Cannot(NEEDS.into()));
    }
    let fixture = context.fixture("in-turn")?;
    let schedule = Schedule::in_turn(scenario.name, 0);
    let spec = SearchSpec { scenario, bound: PreemptionBound::OneStop };
    let judged = replay_one(context, &fixture, &[spec], schedule, judge, wording);
    judged.map_err(|error| match error {
        CheckError::Wrong(finding) => Finding { schedule: None, ..*finding }.into(),
        other => other,
    })
}

/// What it takes to stop a program before its stores.
pub const NEEDS: &str = "a process must be traced to stop it before a store, and only on x86-64";

/// Can interleavings be shown here? If not, they are looked for by stress.
#[must_use]
pub fn can_be_shown(context: &CheckContext) -> bool {
    context.settings().machine.tracing && arch::TRAPS_STORES
}

fn by_stress(fixture: &SandboxedFixture, specs: &[SearchSpec], judge: Judge) -> Verdict {
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

/// What a page shows of a run.
#[derive(Default)]
struct Looked {
    /// The same run once more, and what was found in it.
    again: Option<(ExecutionResult, Finding)>,
    /// Why the loads are not shown, if they should be.
    without_loads: Option<String>,
}

/// The same run once more, looked at, if a page is to show it: with the loads, or else without them. If
/// something else happens each time, the page shows the first run, and what was seen of that.
fn looked_at(
    context: &CheckContext,
    scenario: &Scenario,
    (run, finding): (&ExecutionResult, &Finding),
    judge: Judge,
) -> Verdict<Looked> {
    let mut looked = Looked::default();
    if !context.settings().for_a_page {
        return Ok(looked);
    }
    let same =
        |other: &Finding| (other.diagnosis, &other.actual) == (finding.diagnosis, &finding.actual);
    for loads in [true, false] {
        let fixture = context.fixture(if loads { "with-loads" } else { "looked-at" })?;
        let fixture = SandboxedFixture { for_a_page: true, loads, ..fixture };
        let why = match run_scenario(&fixture, scenario, run.schedule.clone()) {
            Ok(again) if again.cut => "they take too long".into(),
            Ok(again) => match judge(scenario, &again).filter(same) {
                Some(finding) => {
                    return Ok(Looked { again: Some((again, finding)), ..looked });
                }
                None => "the processes then do something else".into(),
            },
            // The verdict stands without this run. The page says why it shows no loads.
            Err(failure) if loads => failure.to_string(),
            Err(failure) => return Err(failure.into()),
        };
        looked.without_loads.get_or_insert(why);
    }
    Ok(looked)
}

fn replay_one(
    context: &CheckContext,
    fixture: &SandboxedFixture,
    specs: &[SearchSpec],
    schedule: Schedule,
    judge: Judge,
    wording: Wording,
) -> Verdict {
    let Some(spec) = specs.iter().find(|spec| spec.scenario.name == schedule.scenario) else {
        return Err(CheckError::Cannot(format!("the schedule {schedule} is of another check")));
    };
    let run = run_scenario(fixture, &spec.scenario, schedule)?;
    if run.cut {
        let why = "the two processes did not get so far in the time that a check may take: try again on a \
                   machine that is less busy";
        return Err(CheckError::Cannot(why.into()));
    }
    match judge(&spec.scenario, &run) {
        Some(finding) => {
            let looked = looked_at(context, &spec.scenario, (&run, &finding), judge)?;
            Err(told(&spec.scenario, &run, (finding, looked), wording))
        }
        None => match run.missed_stop() {
            None => Ok(()),
            Some((actor, number)) => Err(CheckError::Cannot(format!(
                "this order did not come about: process {} did not come to its point {number}. If the program has \
                 changed since the verdict that names the schedule, its points may have other numbers now",
                letter(actor)
            ))),
        },
    }
}

/// A finding with its table, and how to see it again.
fn told(
    scenario: &Scenario,
    run: &ExecutionResult,
    (finding, looked): (Finding, Looked),
    wording: Wording,
) -> CheckError {
    let marks = (wording.marks)(&finding, run);
    let words = Vocabulary::of(wording.names);
    let table = Table::of(scenario, &run.events, words, &marks);
    let timeline = match looked.again {
        None => Timeline::of(scenario, &run.events, words, &marks),
        Some((run, finding)) => {
            let marks = (wording.marks)(&finding, &run);
            let timeline = Timeline::of(scenario, &run.events, words, &marks);
            timeline.from(run.pages_at_start)
        }
    };
    let timeline = Timeline { without_loads: looked.without_loads, ..timeline };
    let finding = finding.details([found_in(scenario)]).table(table).timeline(timeline);
    verdict(run, finding.unless_denied(&run.events).schedule(run.schedule.to_string()))
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
fn verdict(run: &ExecutionResult, finding: Finding) -> CheckError {
    match run.limit_exceeded {
        Some(limit) if diagnosis_of(limit) == finding.diagnosis => {
            CheckError::Ended(Box::new(finding))
        }
        _ => finding.into(),
    }
}

/// What is wrong with any run of two, whatever they do: one crashed, hung, or failed, or FILE is gone.
#[must_use]
pub fn common_finding(
    scenario: &Scenario,
    run: &ExecutionResult,
    may_fail: bool,
) -> Option<Finding> {
    let called = |actor: usize| format!("`{}`", scenario.arguments[actor].join(" "));
    if run.limit_exceeded.is_some() || run.stuck {
        return Some(without_an_end(scenario, run));
    }
    for actor in 0..2 {
        let said = String::from_utf8_lossy(&run.stderr[actor]);
        let told = |id, expected: &str, ending: Ending| {
            let finding =
                Finding::new(id, format!("{} {expected}", called(actor)), ending.to_string());
            finding.details(crate::expect::said(&said))
        };
        match run.endings[actor] {
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
fn without_an_end(scenario: &Scenario, run: &ExecutionResult) -> Finding {
    let expected = "both processes end";
    let goes_on = |actor: &usize| {
        let killed = run.limit_exceeded.is_some()
            && run.endings[*actor] == Some(Ending::Killed(libc::SIGKILL));
        run.endings[*actor].is_none() || killed
    };
    let name =
        |actor: usize| format!("{} (`{}`)", letter(actor), scenario.arguments[actor].join(" "));
    let actors: Vec<usize> = (0..2).filter(goes_on).collect();
    let waits: Vec<String> = actors
        .iter()
        .filter_map(|actor| {
            Some(format!("{} {}", name(*actor), how(&waits_last(&run.events, *actor)?)))
        })
        .collect();
    let names: Vec<String> = actors.iter().map(|actor| name(*actor)).collect();
    let ended = (0..2).filter(|actor| !actors.contains(actor));
    let ended: Vec<String> = ended.map(|actor| format!("; {} has ended", letter(actor))).collect();
    let ended = ended.concat();
    // All that did not end were waiting: that is what went wrong, not the time that it took. What used
    // up CPU time was a wait only if it turns in a loop: a child of an actor may have used it up, too.
    let all_wait = !actors.is_empty() && waits.len() == actors.len();
    let all_spin = all_wait && actors.iter().all(|actor| spins_last(&run.events, *actor));
    let (waits, names) = (waits.join("; "), names.join(" and "));
    let private = Some(Blocked::Futex { is_private: true });
    let is_private = |actor: &usize| waits_last(&run.events, *actor) == private;
    let deadlock = if actors.iter().any(is_private) { "private-futex" } else { "deadlock" };
    let limit = match run.limit_exceeded {
        None if all_wait => return Finding::new(deadlock, expected, waits + &ended),
        None => {
            return Finding::new("deadlock", expected, format!("{names} did not end{ended}"));
        }
        Some(limit) => limit,
    };
    let is_wait = match limit {
        LimitExceeded::CpuTime(_) => all_spin,
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

/// How an actor waits, for a finding.
pub(crate) fn how(waits: &Blocked) -> String {
    match waits {
        Blocked::Futex { is_private: false } => {
            "waits in a futex call: it sleeps until a lock or a semaphore is given back".into()
        }
        Blocked::Futex { is_private: true } => {
            "waits in a private futex call (FUTEX_PRIVATE_FLAG): only threads of its own process could \
             wake it"
                .into()
        }
        waits => waits.to_string(),
    }
}

/// Does an actor wait in a loop that uses CPU time?
fn spins_last(events: &[Event], actor: usize) -> bool {
    waits_last(events, actor).is_some_and(|waits| waits.is_busy())
}

/// In what an actor waits, if it has done nothing else since; to make calls, or to wait for a child that
/// works, is no wait for another process.
#[must_use]
pub fn waits_last(events: &[Event], actor: usize) -> Option<Blocked> {
    let own = events.iter().rev().filter(|event| event.actor == actor);
    let mut last = own.skip_while(|event| {
        matches!(event.kind, EventKind::Killed | EventKind::Ended(Ending::Killed(_)))
            || event.kind.is_futex_that_does_not_sleep()
    });
    match &last.next()?.kind {
        EventKind::Blocked(Blocked::Calls | Blocked::Child | Blocked::Input | Blocked::Output) => {
            None
        }
        EventKind::Blocked(why) => Some(why.clone()),
        // An atomic operation that changes nothing is a try.
        EventKind::Store { locked: true, before, after, .. } if before == after => {
            Some(Blocked::Tries)
        }
        _ => None,
    }
}

/// A run that ended in this way and left these bytes in FILE. Nothing else is known of it.
#[cfg(test)]
pub(crate) fn constructed(endings: [Option<Ending>; 2], file: Vec<u8>) -> ExecutionResult {
    ExecutionResult {
        schedule: Schedule::in_turn("constructed", 0),
        endings,
        stdout: [Vec::new(), Vec::new()],
        stderr: [Vec::new(), Vec::new()],
        file: Some(file),
        pages_at_start: None,
        took: Duration::ZERO,
        events: Vec::new(),
        timeouts: Vec::new(),
        points: [Vec::new(), Vec::new()],
        arrived: true,
        second_arrived: true,
        second_turn: 0,
        second_waited: false,
        stuck: false,
        cut: false,
        limit_exceeded: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCENARIO: Scenario =
        Scenario { name: "two", arguments: [&["add"], &["add"]], file: None, symmetric: true };

    /// A run of so many milliseconds that ended in this way.
    fn run(milliseconds: u64, endings: [Option<Ending>; 2]) -> ExecutionResult {
        let took = Duration::from_millis(milliseconds);
        ExecutionResult { took, ..constructed(endings, Vec::new()) }
    }

    const WELL: Option<Ending> = Some(Ending::Exited(0));
    const FAILED: Option<Ending> = Some(Ending::Exited(1));

    #[test]
    fn only_a_process_that_fails_after_seconds_may_have_given_up() {
        assert!(has_failed_late(&run(4000, [WELL, FAILED])));
        assert!(has_failed_late(&run(4000, [FAILED, WELL])));
        assert!(has_failed_late(&run(1100, [WELL, FAILED])), "it may have waited for a second");
        assert!(!has_failed_late(&run(40, [WELL, FAILED])), "at once");
        assert!(!has_failed_late(&run(4000, [WELL, WELL])), "both have succeeded");
        assert!(!has_failed_late(&run(4000, [WELL, None])), "it was killed by the judge");
        assert!(!has_failed_late(&run(4000, [WELL, Some(Ending::Killed(libc::SIGSEGV))])));
    }

    #[test]
    fn an_order_fails_again_only_if_it_does_in_both_further_runs() {
        let judge: Judge = |scenario, run| common_finding(scenario, run, false);
        let tried = |runs: Vec<ExecutionResult>| {
            let mut runs = runs.into_iter();
            let next = |_: &str| runs.next().ok_or(CheckError::Cannot("a third run".into()));
            let again = each_is_wrong(&SCENARIO, judge, next).ok();
            (again, runs.count())
        };
        let (wrong, right) = (|| run(40, [WELL, FAILED]), || run(40, [WELL, WELL]));
        let cut = || ExecutionResult { cut: true, ..wrong() };
        assert_eq!(tried(vec![wrong(), wrong()]), (Some(true), 0));
        assert_eq!(tried(vec![right(), wrong()]), (Some(false), 1));
        assert_eq!(tried(vec![wrong(), right()]), (Some(false), 0));
        assert_eq!(tried(vec![wrong(), cut()]), (Some(false), 0), "there was no time for it");
    }
}
