//! Two at once, in every order of their stores.

use explore::replay::{Outcome, Scenario};
use explore::search::PreemptionBound;
use explore::table::{Mark, Shape};
use explore::trace::{Event, EventKind};
use tracer::arch::StoreForm;

use super::{BALANCES, COUNTER, bank, word};
use crate::exercises::CheckContext;
use crate::play::Judged;
use crate::scenarios::{SearchSpec, Telling, common_finding, in_every_order};
use crate::verdict::{Finding, Verdict};

const ADD: &[&str] = &["add", "FILE", "1"];

/// Additions: on a file that is there, and on one that both may make.
pub(super) fn additions(context: &mut CheckContext) -> Verdict {
    in_every_order(context, &of_additions(), judge_additions, TELLING)
}

/// Transfers: for the same money, in opposite directions, and beside an addition.
pub(super) fn transfers(context: &mut CheckContext) -> Verdict {
    in_every_order(context, &of_transfers(), judge_transfers, TELLING)
}

/// The names of the scenarios.
pub(super) fn scenarios() -> Vec<&'static str> {
    of_additions().iter().chain(&of_transfers()).map(|spec| spec.scenario.name).collect()
}

/// A scenario of the transfers, with its judge, for `just play`.
pub(crate) fn judged(name: &str) -> Option<Judged> {
    let spec = of_transfers().into_iter().find(|spec| spec.scenario.name == name)?;
    Some(Judged { scenario: spec.scenario, names, judge: judge_transfers })
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

const TELLING: Telling = Telling { names, marks };

/// The step that went wrong, where no value was overwritten unseen.
fn marks(finding: &Finding, run: &Outcome) -> Vec<Mark> {
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
fn initialised_twice(run: &Outcome) -> Option<(usize, u64)> {
    let lock_store = |event: &Event| match &event.kind {
        EventKind::Store { offset: offset @ 1024..2048, before, after, form, locked, .. } => {
            let plain = !*locked && *form == StoreForm::Store;
            Some((*offset, plain, before != after))
        }
        _ => None,
    };
    let first_atomic = |side: usize| {
        run.events.iter().position(|event| {
            event.actor == side && lock_store(event).is_some_and(|(_, plain, _)| !plain)
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

/// The finding, unless its cause is a lock that both have initialised.
fn or_its_cause(finding: Finding, run: &Outcome) -> Finding {
    const BY_A_LOCK: [&str; 5] =
        ["lost-addition", "lost-money", "overdrawn", "refused-wrongly", "deadlock"];
    match initialised_twice(run) {
        Some((_, byte)) if BY_A_LOCK.contains(&finding.diagnosis) => {
            let seen =
                format!("{}. Both processes initialised the lock at byte {byte}", finding.actual);
            Finding { diagnosis: "initialization-race", actual: seen, ..finding }
        }
        _ => finding,
    }
}

fn judge_additions(scenario: &Scenario, run: &Outcome) -> Option<Finding> {
    wrong_additions(scenario, run).map(|finding| or_its_cause(finding, run))
}

fn judge_transfers(scenario: &Scenario, run: &Outcome) -> Option<Finding> {
    wrong_transfers(scenario, run).map(|finding| or_its_cause(finding, run))
}

fn wrong_additions(scenario: &Scenario, run: &Outcome) -> Option<Finding> {
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
    let id = if scenario.file.is_some() { "lost-addition" } else { "initialization-race" };
    Some(Finding::new(id, expected, found))
}

fn wrong_transfers(scenario: &Scenario, run: &Outcome) -> Option<Finding> {
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
    let succeeded = |side: usize| run.endings[side] == Some(tracer::Ending::Exited(0));
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
    for side in (0..2).filter(|side| succeeded(*side)) {
        let numbers: Vec<usize> =
            scenario.arguments[side].iter().filter_map(|text| text.parse().ok()).collect();
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
    let added = if scenario.name == "beside-an-addition" { COUNTER + 1 } else { COUNTER };
    (counter != Some(added)).then(|| {
        let expected = format!("the counter is {added} in the end");
        Finding::new("lost-addition", expected, format!("it is {}", counter.unwrap_or_default()))
    })
}
