//! What a waiter costs while another process stands inside its critical section.

use std::time::Duration;

use explore::kill_points::stores_in;
use explore::replay::{PATIENCE, Scenario, run_scenario};
use explore::schedule::Schedule;
use explore::table::Table;
use explore::waiter::{Cost, LONG, LongStand, Waiting, how_time_passed, long_stand, waiter};
use explore::words::Vocabulary;
use tracer::Ending;

use super::together::names;
use super::{AMOUNT, BALANCES, COUNTER, Waited, bank, both, word};
use crate::exercises::CheckContext;
use crate::expect::said;
use crate::fixture::SandboxedFixture;
use crate::observe::killed_for;
use crate::verdict::{CheckError, Finding, Verdict, failed};

/// How long the other stands still.
const STANDS: Duration = Duration::from_millis(500);
/// What a waiter may use in that time.
const CPU_TIME: Duration = Duration::from_millis(50);
const CALLS: u64 = 1000;

/// How many places before the store are tried, nearest first; the last one tried is the first of all.
const NEAREST: usize = 8;

pub(super) fn waiting(context: &mut CheckContext) -> Verdict {
    let wall = &mut context.limits_mut().wall;
    *wall = (*wall).max(2 * LONG);
    let stopped = "stood still before its first store in the counter or an account";
    both(context, stopped, LONG, one)
}

fn one(fixture: &SandboxedFixture, arguments: &'static [&'static str]) -> Verdict<Waited> {
    let called = format!("`{}`", arguments.join(" "));
    let scenario = Scenario {
        name: "waiting",
        arguments: [arguments, arguments],
        file: Some(bank()),
        symmetric: true,
    };
    let alone = run_scenario(fixture, &scenario, Schedule::in_turn("waiting", 0))?;
    let killed = |limit| {
        let expected = format!("{called} beside another stays within the limits");
        Err(killed_for(limit, expected, "together they"))
    };
    let late = || {
        let why =
            "a process did not come to its lock in time: try again on a machine that is less busy";
        Err(CheckError::Cannot(why.into()))
    };
    if let Some(limit) = alone.limit_exceeded {
        return killed(limit);
    }
    if alone.cut {
        return late();
    }
    // The first store to what the lock protects: there it stands inside, if anywhere.
    let Some(inside) = alone.points[0].iter().find(|point| stores_in(&point.operation, 0, 72))
    else {
        return Err(CheckError::Skipped(format!(
            "no store by {called} in the counter or an account was seen, before which it could be stopped"
        )));
    };
    // The other stops as near to the same place as it can without the lock: its wait for this lock counts,
    // not one for a lock of its start.
    let mut stops = (1..inside.number).rev().take(NEAREST).chain([1]);
    let (stops, cost) = loop {
        let Some(nearest) = stops.next() else { return Ok(Waited::made(false)) }; // It did not wait at all.
        let stops = [inside.number, nearest];
        match waiter(fixture, &scenario, stops, STANDS)? {
            Waiting::Costs(cost) => break (stops, cost),
            Waiting::Ended | Waiting::Reversed => {}
            Waiting::LimitExceeded(limit) => return killed(limit),
            Waiting::Late => return late(),
        }
    };
    if cost.may_give_up {
        waits_long_enough(fixture, &scenario, stops)?;
    }
    within_the_cost(&called, &cost)
}

/// Whether a process goes on waiting while another one stands inside its critical section for long. A failure
/// is no harm: only what is lost counts.
fn waits_long_enough(
    fixture: &SandboxedFixture,
    scenario: &Scenario,
    stops: [usize; 2],
) -> Verdict {
    let Some(stand) = long_stand(fixture, scenario, stops)? else {
        let why = "two processes did not come to their end in time: try again on a machine that is less busy";
        return Err(CheckError::Cannot(why.into()));
    };
    let LongStand { went_on, stood, endings, file, events } = stand;
    let succeeded = endings == [Some(Ending::Exited(0)); 2];
    let (at, right) = match scenario.arguments[0].first() {
        Some(&"add") => (0, COUNTER + 2),
        _ => (8, BALANCES[0] - 2 * AMOUNT),
    };
    let found = file.and_then(|file| word(&file, at));
    if !went_on || !succeeded || found == Some(right) {
        return Ok(());
    }
    let place = names(at as u64).0;
    let called = scenario.arguments[0].join(" ");
    let expected = format!(
        "`{called}` waits as long as another one is inside its critical section, and {place} holds {right} in \
         the end"
    );
    let seen = found.map_or("there is no such number".into(), |found| {
        format!("it ended while the other one was still inside; {place} holds {found}")
    });
    let table = Table::of(scenario, &events, Vocabulary::of(names), &[]);
    let finding = Finding::new("stops-waiting", expected, seen).unless_denied(&events);
    Err(finding.table(table).details([how_time_passed(stood)]).into())
}

/// Whether a waiter costs little, and goes on when the other does.
fn within_the_cost(called: &str, cost: &Cost) -> Verdict<Waited> {
    let Cost { cpu_time, calls, never_slept, ending, ended_after, ref complaint, .. } = *cost;
    let expected = format!("{called} that waits goes on when the other does");
    match (ending, ended_after) {
        (None, _) => {
            let seen = format!("it had not ended {} seconds later", PATIENCE.as_secs());
            return failed("deadlock", expected, seen);
        }
        (Some(Ending::Exited(0)), _) => {}
        // It has failed after a time of its own: nothing is lost.
        (Some(Ending::Exited(_)), Some(after)) if after >= STANDS => {}
        (Some(ending), after) => {
            let id = match ending {
                Ending::Killed(_) => "died-of-a-signal",
                Ending::Exited(_) => "fails-beside-another",
            };
            let after = after.map(|after| {
                format!(", after {} ms, while the other one still stood there", after.as_millis())
            });
            let seen = format!("{ending}{}", after.unwrap_or_default());
            let told: Verdict<Waited> = failed(id, expected, seen);
            return told.map_err(|error| error.details(said(&String::from_utf8_lossy(complaint))));
        }
    }
    let id = match () {
        () if never_slept || cpu_time > CPU_TIME => "busy-wait",
        () if calls > CALLS => "looks-too-often",
        () => return Ok(Waited::made(true)),
    };
    let seen = match never_slept {
        true => "it never slept: it could run all the time".into(),
        false => format!("{calls} system calls and {} ms of processor time", cpu_time.as_millis()),
    };
    let expected = format!(
        "{called} waits 500 ms with at most {CALLS} system calls and {} ms of processor time",
        CPU_TIME.as_millis()
    );
    failed(id, expected, seen)
}
