//! What a waiter costs while another process stands inside its critical section.

use std::thread;
use std::time::Duration;

use common::{Context, Failure, Result};

use super::bank;
use crate::exercises::{Bench, Finding, Trouble, Verdict};
use crate::interleave::kill_points::stores_in;
use crate::interleave::replay::{Scene, Stage};
use crate::interleave::scenes::{NEEDS, can_be_shown};
use crate::interleave::schedule::Schedule;
use crate::interleave::waiter::{Cost, waiter};

/// How long the other stands still.
const STANDS: Duration = Duration::from_millis(500);
/// What a waiter may use in that time.
const PROCESSOR: Duration = Duration::from_millis(50);
const CALLS: u64 = 1000;

pub(super) fn waiting(bench: &mut Bench) -> Verdict {
    if bench.settings().schedule.is_some() {
        return Err(Trouble::Cannot("a schedule is replayed; it has no clock".into()));
    }
    if !can_be_shown(bench) {
        return Err(Trouble::Cannot(NEEDS.into()));
    }
    let jobs: [(&'static [&'static str], &str); 2] =
        [(&["add", "FILE", "1"], "adder"), (&["transfer", "FILE", "1", "2", "10"], "transferrer")];
    let mut stages = Vec::new();
    for (_, name) in jobs {
        stages.push(bench.stage(name)?);
    }
    let panicked = || Failure::refusal("wait", stages[0].program, "a thread has panicked");
    let results: Vec<Result<Option<Finding>>> = thread::scope(|scope| {
        let spawn = |(stage, (arguments, _))| scope.spawn(move || one(stage, arguments));
        let handles: Vec<_> = stages.iter().zip(jobs).map(spawn).collect();
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

fn one(stage: &Stage, arguments: &'static [&'static str]) -> Result<Option<Finding>> {
    let scene = Scene {
        name: "waiting",
        arguments: [arguments, arguments],
        file: Some(bank()),
        alike: true,
    };
    let alone = stage.replay(&scene, Schedule::in_turn("waiting", 0))?;
    // The first store to what the lock protects: there it stands inside, if anywhere.
    let Some(inside) = alone.points[0].iter().find(|point| stores_in(&point.act, 0, 72)) else {
        return Ok(None);
    };
    let cost =
        waiter(stage, &scene, inside.number, STANDS).step("wait beside a stopped process")?;
    let Some(Cost { processor, calls, ended }) = cost else {
        return Ok(None); // It did not wait at all.
    };
    let called = format!("`{}`", arguments.join(" "));
    if !ended {
        let expected = format!("{called} that waited goes on when the other does");
        let seen = "it had not finished 5 seconds later";
        return Ok(Some(Finding::new("nobody-goes-on", expected, seen)));
    }
    let seen = format!("{calls} system calls and {} ms of processor time", processor.as_millis());
    let expected = format!(
        "{called} waits 500 ms with at most {CALLS} system calls and {} ms of processor time",
        PROCESSOR.as_millis()
    );
    let costly = processor > PROCESSOR || calls > CALLS;
    Ok(costly.then(|| Finding::new("burns-processor", expected, seen)))
}
