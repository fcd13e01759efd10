//! What a waiter costs while another process stands inside its critical section.

use std::time::Duration;

use explore::kill_points::stores_in;
use explore::replay::{PATIENCE, Scenario, replay};
use explore::schedule::Schedule;
use explore::waiter::{Cost, Waiting, waiter};

use super::{Waited, bank, both};
use crate::exercises::CheckContext;
use crate::fixture::Fixture;
use crate::observe::killed_for;
use crate::verdict::{CheckError, Verdict, failed};

/// How long the other stands still.
const STANDS: Duration = Duration::from_millis(500);
/// What a waiter may use in that time.
const PROCESSOR: Duration = Duration::from_millis(50);
const CALLS: u64 = 1000;

/// How many places before the store are tried, nearest first; the last one tried is the first of all.
const NEAREST: usize = 8;

pub(super) fn waiting(context: &mut CheckContext) -> Verdict {
    both(context, "stood still before its first store in the counter or an account", one)
}

fn one(fixture: &Fixture, arguments: &'static [&'static str]) -> Verdict<Waited> {
    let called = format!("`{}`", arguments.join(" "));
    let scenario = Scenario {
        name: "waiting",
        arguments: [arguments, arguments],
        file: Some(bank()),
        symmetric: true,
    };
    let alone = replay(fixture, &scenario, Schedule::in_turn("waiting", 0))?;
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
    let cost = loop {
        let Some(nearest) = stops.next() else { return Ok(Waited(false)) }; // It did not wait at all.
        match waiter(fixture, &scenario, [inside.number, nearest], STANDS)? {
            Waiting::Costs(cost) => break cost,
            Waiting::Ended | Waiting::Reversed => {}
            Waiting::LimitExceeded(limit) => return killed(limit),
            Waiting::Late => return late(),
        }
    };
    within_the_cost(&called, &cost)
}

/// Whether a waiter costs little, and goes on when the other does.
fn within_the_cost(called: &str, cost: &Cost) -> Verdict<Waited> {
    let Cost { processor, calls, never_slept, ended } = *cost;
    if !ended {
        let expected = format!("{called} that waited goes on when the other does");
        let seen = format!("it had not ended {} seconds later", PATIENCE.as_secs());
        return failed("deadlock", expected, seen);
    }
    let seen = match never_slept {
        true => "it never slept: it could run all the time".into(),
        false => format!("{calls} system calls and {} ms of processor time", processor.as_millis()),
    };
    let expected = format!(
        "{called} waits 500 ms with at most {CALLS} system calls and {} ms of processor time",
        PROCESSOR.as_millis()
    );
    if processor <= PROCESSOR && calls <= CALLS && !never_slept {
        return Ok(Waited(true));
    }
    failed("busy-wait", expected, seen)
}
