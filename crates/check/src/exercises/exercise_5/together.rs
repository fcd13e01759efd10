//! Two at once, in every order of their stores.

use explore::replay::{Outcome, Scenario};
use explore::search::PreemptionBound;
use explore::table::Shape;

use super::{BALANCES, COUNTER, bank, word};
use crate::exercises::CheckContext;
use crate::scenarios::{SearchSpec, common_finding, in_every_order};
use crate::verdict::{Finding, Verdict};

const ADD: &[&str] = &["add", "FILE", "1"];

/// Additions: on a file that is there, and on one that both may make.
pub(super) fn additions(context: &mut CheckContext) -> Verdict {
    let there = Scenario {
        name: "two-additions",
        arguments: [ADD, ADD],
        file: Some(bank()),
        symmetric: true,
    };
    let new =
        Scenario { name: "first-additions", arguments: [ADD, ADD], file: None, symmetric: true };
    let specs = [
        SearchSpec { scenario: there, bound: PreemptionBound::TwoStops },
        SearchSpec { scenario: new, bound: PreemptionBound::OneStop },
    ];
    in_every_order(context, &specs, judge_additions, names)
}

/// Transfers: for the same money, in opposite directions, and beside an addition.
pub(super) fn transfers(context: &mut CheckContext) -> Verdict {
    let scenario =
        |name, arguments, symmetric| Scenario { name, arguments, file: Some(bank()), symmetric };
    let (one, two): (&[&str], &[&str]) =
        (&["transfer", "FILE", "1", "2", "80"], &["transfer", "FILE", "1", "3", "80"]);
    let back: &[&str] = &["transfer", "FILE", "2", "1", "50"];
    let specs = [
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
    ];
    in_every_order(context, &specs, judge_transfers, names)
}

/// How the table calls the bytes of the file.
pub(super) fn names(offset: u64) -> (String, Shape) {
    match offset {
        0..8 => ("the counter".into(), Shape::Number),
        8..72 => (format!("account {}", offset / 8), Shape::Number),
        1024..2048 => (format!("its lock (byte {offset})"), Shape::Own),
        _ => (format!("byte {offset}"), Shape::Number),
    }
}

fn judge_additions(scenario: &Scenario, run: &Outcome) -> Option<Finding> {
    if let Some(finding) = common_finding(scenario, run, false) {
        return Some(finding);
    }
    let before = scenario.file.as_ref().map_or(0, |_| COUNTER);
    let found = run.file.as_ref().and_then(|file| word(file, 0));
    if found == Some(before + 2) {
        return None;
    }
    let expected = format!("the counter goes from {before} to {}", before + 2);
    let found = found.map_or("there is no counter".into(), |found| format!("it is {found}"));
    let id = if scenario.file.is_some() { "lost-addition" } else { "initialization-race" };
    Some(Finding::new(id, expected, found))
}

fn judge_transfers(scenario: &Scenario, run: &Outcome) -> Option<Finding> {
    if let Some(finding) = common_finding(scenario, run, true) {
        return Some(finding);
    }
    let file = run.file.as_ref()?;
    let money: Vec<u64> = (1..=8).filter_map(|account| word(file, account * 8)).collect();
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
