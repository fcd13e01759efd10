//! Two at once, in every order of their stores.

use explore::kill_points::stores_in;
use explore::replay::{ExecutionResult, Scenario};
use explore::requests::Request;
use explore::schedule::letter;
use explore::search::PreemptionBound;
use explore::table::Mark;
use explore::trace::{Event, EventKind, Operation, Returned};
use explore::words::Shape;
use tracer::Ending;
use tracer::arch::StoreForm;

use super::{BALANCES, COUNTER, bank, word};
use crate::exercises::CheckContext;
use crate::expect::said;
use crate::scenarios::{JudgedScenario, SearchSpec, Wording, common_finding, in_every_order};
use crate::verdict::{Finding, Verdict};

const ADD: &[&str] = &["add", "FILE", "1"];

/// Additions: on a file that is there, and on one that both may make.
pub(super) fn additions(context: &mut CheckContext) -> Verdict {
    in_every_order(context, &of_additions(), judge_additions, WORDING)
}

/// Transfers: for the same money, in opposite directions, and beside an addition.
pub(super) fn transfers(context: &mut CheckContext) -> Verdict {
    in_every_order(context, &of_transfers(), judge_transfers, WORDING)
}

/// The names of the scenarios.
pub(super) fn scenarios() -> Vec<&'static str> {
    of_additions().iter().chain(&of_transfers()).map(|spec| spec.scenario.name).collect()
}

/// A scenario with its judge, for `just play`.
pub(crate) fn scenario_named(name: &str) -> Option<JudgedScenario> {
    let is_it = |spec: &SearchSpec| spec.scenario.name == name;
    let of = |spec: SearchSpec, judge| JudgedScenario { scenario: spec.scenario, names, judge };
    match of_additions().into_iter().find(is_it) {
        Some(spec) => Some(of(spec, judge_additions)),
        None => Some(of(of_transfers().into_iter().find(is_it)?, judge_transfers)),
    }
}

fn of_additions() -> [SearchSpec; 2] {
    let there = Scenario {
        name: "two-additions",
        arguments: [ADD, ADD],
        file: Some(bank()),
        symmetric: true,
    };
    let new =
        Scenario { name: "first-additions", arguments: [ADD, ADD], file: None, symmetric: true };
    [
        SearchSpec { scenario: there, bound: PreemptionBound::TwoStops },
        SearchSpec { scenario: new, bound: PreemptionBound::OneStop },
    ]
}

fn of_transfers() -> [SearchSpec; 3] {
    let scenario =
        |name, arguments, symmetric| Scenario { name, arguments, file: Some(bank()), symmetric };
    let (one, two): (&[&str], &[&str]) =
        (&["transfer", "FILE", "1", "2", "80"], &["transfer", "FILE", "1", "3", "80"]);
    let back: &[&str] = &["transfer", "FILE", "2", "1", "50"];
    [
        SearchSpec {
            scenario: scenario("one-pocket", [one, two], true),
            bound: PreemptionBound::TwoStops,
        },
        SearchSpec {
            scenario: scenario("to-and-fro", [one, back], true),
            bound: PreemptionBound::OneStop,
        },
        SearchSpec {
            scenario: scenario("beside-an-addition", [one, ADD], false),
            bound: PreemptionBound::OneStop,
        },
    ]
}

/// How the table calls the bytes of the file.
pub(super) fn names(offset: u64) -> (String, Shape) {
    match offset {
        0..8 => ("the counter".into(), Shape::Sum),
        8..72 => (format!("account {}", offset / 8), Shape::Sum),
        1024..2048 => (format!("byte {offset} (lock)"), Shape::Own),
        _ => (format!("byte {offset}"), Shape::Other),
    }
}

const WORDING: Wording = Wording { names, marks };

/// The step that went wrong, where no value was overwritten unseen.
fn marks(finding: &Finding, run: &ExecutionResult) -> Vec<Mark> {
    let is_store = |event: &Event| match &event.kind {
        EventKind::Store { offset: offset @ 8..72, before, after, .. } => {
            let [before, after] = [before, after].map(|bytes| word(bytes, 0));
            // Money went out, and there is more than before: it went below zero.
            offset % 8 == 0 && after > before && after.is_some_and(|after| after > u64::MAX / 2)
        }
        _ => false,
    };
    match finding.diagnosis {
        "initialization-race" => initialised_twice(run)
            .map(|(place, byte)| (place, format!(". Byte {byte} is initialised a SECOND time")))
            .into_iter()
            .collect(),
        "half-made-file" => came_too_early(run)
            .map(|place| (place, ". FILE has 0 bytes NOW".into()))
            .into_iter()
            .collect(),
        "record-lock-ended" => {
            lock_ended(&run.events).map(|place| (place, String::new())).into_iter().collect()
        }
        "overdrawn" | "lost-money" => {
            let place = run.events.iter().position(is_store);
            place.map(|place| (place, ". That is below zero".into())).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The store by which a process initialises a word of a lock that the other has initialised before, and
/// has changed since: its place, and the byte. Initialising is a plain store before a process's first
/// atomic operation on its lock.
fn initialised_twice(run: &ExecutionResult) -> Option<(usize, u64)> {
    let lock_store = |event: &Event| match &event.kind {
        EventKind::Store { offset: offset @ 1024..2048, before, after, form, locked, .. } => {
            let plain = !*locked && *form == StoreForm::Store;
            Some((*offset, plain, before != after))
        }
        _ => None,
    };
    let first_atomic = |actor: usize| {
        run.events.iter().position(|event| {
            event.actor == actor && lock_store(event).is_some_and(|(_, plain, _)| !plain)
        })
    };
    let atomics = [first_atomic(0)?, first_atomic(1)?];
    let initialises = |place: usize, event: &Event| {
        let (offset, plain, changes) = lock_store(event)?;
        (plain && place < atomics[event.actor]).then_some((offset, changes))
    };
    run.events.iter().enumerate().find_map(|(place, event)| {
        let (offset, changes) = initialises(place, event)?;
        let earlier = run.events.iter().enumerate().take(place);
        let mut by_the_other = earlier.filter(|(_, earlier)| earlier.actor != event.actor);
        let was = by_the_other.any(|(place, earlier)| {
            initialises(place, earlier).is_some_and(|(same, _)| same == offset)
        });
        (was && changes).then_some((place, offset))
    })
}

/// The finding, unless its cause is known: a lock that both have initialised, that ended early, or that a process did
/// not wait for any longer.
fn or_its_cause(finding: Finding, run: &ExecutionResult) -> Finding {
    const BY_A_LOCK: [&str; 7] = [
        "lost-addition",
        "lost-money",
        "overdrawn",
        "refused-wrongly",
        "deadlock",
        "fails-beside-another",
        "died-of-a-signal",
    ];
    if !BY_A_LOCK.contains(&finding.diagnosis) {
        return finding;
    }
    if let Some((_, byte)) = initialised_twice(run) {
        let what = format!("Both processes initialised the lock at byte {byte}");
        return caused(finding, "initialization-race", &what);
    }
    const LOSSES: [&str; 3] = ["lost-addition", "lost-money", "overdrawn"];
    let protects = |operation: &Operation| stores_in(operation, 0, 72);
    if LOSSES.contains(&finding.diagnosis) && run.has_gone_on_without(protects) {
        let what = "Before that, the time of a process's wait was over, and the process went on without the lock";
        return caused(finding, "stops-waiting", what);
    }
    match lock_ended(&run.events) {
        Some(place) if finding.diagnosis != "deadlock" => {
            let who = letter(run.events.get(place).map_or(0, |event| event.actor));
            let what = format!(
                "Before that, {who} closed a descriptor of FILE: this ended its record lock"
            );
            caused(finding, "record-lock-ended", &what)
        }
        _ => finding,
    }
}

/// How far a process had come that failed because FILE had no size yet: the other process had made FILE, and
/// had not come to the call that sets the size.
fn came_too_early(run: &ExecutionResult) -> Option<usize> {
    let is_failure = |event: &Event| match event.kind {
        EventKind::Ended(Ending::Exited(status)) => status != 0,
        EventKind::Ended(Ending::Killed(signal)) => signal == libc::SIGBUS,
        _ => false,
    };
    let fails = run.events.iter().position(is_failure)?;
    let earlier = run.events.get(..fails)?;
    let who = run.events.get(fails)?.actor;
    let succeeds = |event: &Event, is_it: fn(&Request) -> bool| match &event.kind {
        EventKind::Call(Returned { request, error: None, .. }) => is_it(request),
        _ => false,
    };
    let makes = |request: &Request| matches!(request, Request::Open { file, makes: true, .. } if file == "FILE");
    let made = earlier.iter().position(|event| event.actor != who && succeeds(event, makes))?;
    let came = earlier.iter().skip(made).position(|event| event.actor == who)?;
    let sizes =
        |request: &Request| matches!(request, Request::Resize { file, .. } if file == "FILE");
    let is_sized = earlier.iter().any(|event| succeeds(event, sizes));
    (!is_sized).then_some(made + came)
}

/// The finding, by its cause.
fn caused(finding: Finding, diagnosis: &'static str, what: &str) -> Finding {
    Finding { diagnosis, actual: format!("{}. {what}", finding.actual), ..finding }
}

/// The last step by which a process ended its own record lock, by closing a descriptor of FILE, before the
/// other stored something in the counter or an account.
fn lock_ended(events: &[Event]) -> Option<usize> {
    let ends = |event: &Event| match &event.kind {
        EventKind::Call(returned) => matches!(returned.request, Request::CloseLocked(_)),
        _ => false,
    };
    let stores = |event: &Event| matches!(event.kind, EventKind::Store { offset: 0..72, .. });
    // A process that spins has tens of thousands of events: only those few are looked at more closely.
    let mut places = (0..events.len()).filter(|place| events.get(*place).is_some_and(ends));
    places.find(|place| {
        let Some((event, later)) = events.get(*place..).and_then(<[Event]>::split_first) else {
            return false;
        };
        let is_other = |later: &Event| later.actor != event.actor;
        // It stores what the lock protects, though its lock has ended, and the other one comes between.
        let others = later.iter().position(|later| is_other(later) && stores(later));
        let own = later.iter().rposition(|later| !is_other(later) && stores(later));
        others.zip(own).is_some_and(|(others, own)| others < own)
    })
}

fn judge_additions(scenario: &Scenario, run: &ExecutionResult) -> Option<Finding> {
    const FAILURES: [&str; 2] = ["fails-beside-another", "died-of-a-signal"];
    let finding = or_its_cause(wrong_additions(scenario, run)?, run);
    let is_half_made = scenario.file.is_none()
        && FAILURES.contains(&finding.diagnosis)
        && came_too_early(run).is_some();
    Some(match is_half_made {
        true => {
            let what = "FILE was there, and had 0 bytes: the other process had made FILE, and had not given it \
                        its size";
            caused(finding, "half-made-file", what)
        }
        false => finding,
    })
}

fn judge_transfers(scenario: &Scenario, run: &ExecutionResult) -> Option<Finding> {
    wrong_transfers(scenario, run).map(|finding| or_its_cause(finding, run))
}

fn wrong_additions(scenario: &Scenario, run: &ExecutionResult) -> Option<Finding> {
    if let Some(finding) = common_finding(scenario, run, false) {
        return Some(finding);
    }
    let before = scenario.file.as_ref().map_or(0, |_| COUNTER);
    let found = run.file.as_ref().and_then(|file| word(file, 0));
    if found == Some(before + 2) {
        return None;
    }
    let expected = format!("the counter goes from {before} to {}", before + 2);
    let Some(found) = found else {
        let length = run.file.as_ref().map_or(0, Vec::len);
        let seen = format!("it has {length}");
        return Some(Finding::new("wrong-size", "FILE has 4096 bytes in the end", seen));
    };
    let found = format!("it is {found}");
    // Of a new FILE, zeros that come late wipe the counter out. A sum that comes late is a lost addition there, too.
    let adds_late = |event: &Event| match &event.kind {
        EventKind::Store { offset: 0, stale: Some(_), after, .. } => {
            after.iter().any(|byte| *byte != 0)
        }
        _ => false,
    };
    let is_new = scenario.file.is_none() && !run.events.iter().any(adds_late);
    let id = if is_new { "initialization-race" } else { "lost-addition" };
    Some(Finding::new(id, expected, found))
}

fn wrong_transfers(scenario: &Scenario, run: &ExecutionResult) -> Option<Finding> {
    if let Some(finding) = common_finding(scenario, run, true) {
        return Some(finding);
    }
    let file = run.file.as_deref().unwrap_or_default(); // It is there: see `common_finding`.
    let money: Vec<u64> = (1..=8).filter_map(|account| word(file, account * 8)).collect();
    if money.len() < BALANCES.len() {
        let seen = format!("it has {}", file.len());
        return Some(Finding::new("wrong-size", "FILE has 4096 bytes in the end", seen));
    }
    let sum = money.iter().try_fold(0_u64, |sum, one| sum.checked_add(*one));
    let before: u64 = BALANCES.iter().sum();
    let shown =
        |money: &[u64]| money.iter().take(3).map(u64::to_string).collect::<Vec<_>>().join(", ");
    let seen = format!("accounts 1, 2, 3 hold {}", shown(&money));
    let succeeded = |actor: usize| run.endings[actor] == Some(Ending::Exited(0));
    if scenario.name == "one-pocket" && succeeded(0) && succeeded(1) {
        let expected = "one of two transfers of 80 from an account that holds 100 succeeds";
        return Some(Finding::new("overdrawn", expected, format!("both did; {seen}")));
    }
    if scenario.name != "beside-an-addition" && !succeeded(0) && !succeeded(1) {
        let expected = "a transfer fails only if its account holds too little";
        return Some(Finding::new("refused-wrongly", expected, format!("both failed; {seen}")));
    }
    if sum != Some(before) {
        let expected = format!("the accounts' sum stays {before} (they held {})", shown(&BALANCES));
        return Some(Finding::new("lost-money", expected, seen));
    }
    let mut right = BALANCES;
    for actor in (0..2).filter(|actor| succeeded(*actor)) {
        let numbers: Vec<usize> =
            scenario.arguments[actor].iter().filter_map(|text| text.parse().ok()).collect();
        if let [from, to, amount] = numbers[..] {
            right[from - 1] -= amount as u64;
            right[to - 1] += amount as u64;
        }
    }
    if money != right {
        let expected = format!("accounts 1, 2, 3 hold {}", shown(&right));
        return Some(Finding::new("lost-money", expected, seen));
    }
    let counter = word(file, 0);
    let adds = scenario.name == "beside-an-addition";
    let has_added = adds && succeeded(1);
    let added = COUNTER + u64::from(has_added);
    if let Some(ending) = run.endings[1].filter(|_| adds && !has_added && counter == Some(added)) {
        // It has lost nothing: it has given up, perhaps because it could not wait any longer.
        let finding = Finding::new(
            "fails-beside-another",
            format!("`{}` succeeds beside another", ADD.join(" ")),
            ending.to_string(),
        );
        return Some(finding.details(said(&String::from_utf8_lossy(&run.stderr[1]))));
    }
    (counter != Some(added)).then(|| {
        let expected = format!("the counter is {added} in the end");
        Finding::new("lost-addition", expected, format!("it is {}", counter.unwrap_or_default()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exercises::exercise_5::bank_of;
    use crate::scenarios::constructed;

    /// A run with these endings, after which the counter and the accounts hold these numbers.
    fn run(endings: [i32; 2], counter: u64, moved: u64) -> ExecutionResult {
        let mut balances = BALANCES;
        (balances[0], balances[1]) = (balances[0] - moved, balances[1] + moved);
        let endings = endings.map(|status| Some(Ending::Exited(status)));
        constructed(endings, bank_of(counter, balances))
    }

    fn said_beside_an_addition(run: &ExecutionResult) -> Option<&'static str> {
        let [_, _, spec] = of_transfers();
        judge_transfers(&spec.scenario, run).map(|finding| finding.diagnosis)
    }

    #[test]
    fn an_addition_that_has_failed_is_not_lost() {
        assert_eq!(said_beside_an_addition(&run([0, 0], COUNTER + 1, 80)), None);
        assert_eq!(said_beside_an_addition(&run([0, 0], COUNTER, 80)), Some("lost-addition"));
        let given_up = run([0, 1], COUNTER, 80);
        assert_eq!(said_beside_an_addition(&given_up), Some("fails-beside-another"));
        let counted = run([0, 1], COUNTER + 1, 80);
        assert_eq!(said_beside_an_addition(&counted), Some("lost-addition"), "it was counted");
    }

    #[test]
    fn what_is_lost_after_a_timeout_is_lost_because_a_process_went_on_without_the_lock() {
        let store = EventKind::Store {
            offset: 0,
            before: COUNTER.to_ne_bytes().into(),
            after: (COUNTER + 1).to_ne_bytes().into(),
            stale: None,
            form: StoreForm::Store,
            locked: false,
            call: None,
        };
        let [spec, _] = of_additions();
        let mut lost =
            ExecutionResult { events: vec![Event::new(1, store)], ..run([0, 0], COUNTER + 1, 0) };
        let diagnosis = |run: &_| judge_additions(&spec.scenario, run).map(|found| found.diagnosis);
        assert_eq!(diagnosis(&lost), Some("lost-addition"));
        lost.timeouts = vec![(1, 0)];
        assert_eq!(diagnosis(&lost), Some("stops-waiting"));
        lost.timeouts = vec![(0, 0)];
        assert_eq!(diagnosis(&lost), Some("lost-addition"), "the other one did not go on");
    }
}
