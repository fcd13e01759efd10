//! What a waiter costs while another process stands inside its critical section.

use std::thread;
use std::time::Duration;

use common::{Failure, Result};
use explore::kill_points::stores_in;
use explore::replay::{PATIENCE, Scenario, replay};
use explore::schedule::Schedule;
use explore::waiter::{Cost, waiter};

use super::bank;
use crate::exercises::CheckContext;
use crate::fixture::Fixture;
use crate::scenarios::{NEEDS, can_be_shown};
use crate::verdict::{CheckError, Finding, Verdict};

/// How long the other stands still.
const STANDS: Duration = Duration::from_millis(500);
/// What a waiter may use in that time.
const PROCESSOR: Duration = Duration::from_millis(50);
const CALLS: u64 = 1000;

pub(super) fn waiting(context: &mut CheckContext) -> Verdict {
    if context.settings().schedule.is_some() {
        return Err(CheckError::Cannot("a schedule is replayed; it has no clock".into()));
    }
    if !can_be_shown(context) {
        return Err(CheckError::Cannot(NEEDS.into()));
    }
    let jobs: [(&'static [&'static str], &str); 2] =
        [(&["add", "FILE", "1"], "adder"), (&["transfer", "FILE", "1", "2", "10"], "transferrer")];
    let mut fixtures = Vec::new();
    for (_, name) in jobs {
        fixtures.push(context.fixture(name)?);
    }
    let panicked = || Failure::refusal("wait", fixtures[0].program, "a thread has panicked");
    let results: Vec<Result<Option<Finding>>> = thread::scope(|scope| {
        let spawn = |(fixture, (arguments, _))| scope.spawn(move || one(fixture, arguments));
        let handles: Vec<_> = fixtures.iter().zip(jobs).map(spawn).collect();
        let joined = handles.into_iter().map(|handle| handle.join());
        joined.map(|result| result.unwrap_or_else(|_| Err(panicked()))).collect()
    });
    for result in results {
        if let Some(finding) = result? {
            return Err(finding.into());
        }
    }
    Ok(())
}

fn one(fixture: &Fixture, arguments: &'static [&'static str]) -> Result<Option<Finding>> {
    let scenario = Scenario {
        name: "waiting",
        arguments: [arguments, arguments],
        file: Some(bank()),
        symmetric: true,
    };
    let alone = replay(fixture, &scenario, Schedule::in_turn("waiting", 0))?;
    // The first store to what the lock protects: there it stands inside, if anywhere.
    let Some(inside) = alone.points[0].iter().find(|point| stores_in(&point.operation, 0, 72))
    else {
        return Ok(None);
    };
    let cost = waiter(fixture, &scenario, inside.number, STANDS)?;
    let Some(Cost { processor, calls, ended }) = cost else {
        return Ok(None); // It did not wait at all.
    };
    let called = format!("`{}`", arguments.join(" "));
    if !ended {
        let expected = format!("{called} that waited goes on when the other does");
        let seen = format!("it had not ended {} seconds later", PATIENCE.as_secs());
        return Ok(Some(Finding::new("deadlock", expected, seen)));
    }
    let seen = format!("{calls} system calls and {} ms of processor time", processor.as_millis());
    let expected = format!(
        "{called} waits 500 ms with at most {CALLS} system calls and {} ms of processor time",
        PROCESSOR.as_millis()
    );
    let costly = processor > PROCESSOR || calls > CALLS;
    Ok(costly.then(|| Finding::new("busy-wait", expected, seen)))
}
