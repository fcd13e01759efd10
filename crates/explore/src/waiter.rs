//! What a process costs while it waits for one that stands still.

use std::time::{Duration, Instant};

use common::{Context, Result};
use nix::unistd::Pid;
use tracer::{Ending, LimitExceeded, Share, read_text};

use crate::Fixture;
use crate::execution::{Execution, Pause, RunMode};
use crate::replay::{PATIENCE, Scenario};
use crate::schedule::Preemption;

/// Whether the second waits for the first.
#[derive(Debug)]
pub enum Waiting {
    /// It does, and uses this.
    Costs(Cost),
    /// It comes to its end, and does not wait.
    Ended,
    /// The first waits for the second, which stopped where it holds something.
    Reversed,
    /// All were killed for this limit.
    LimitExceeded(LimitExceeded),
    /// One of them did not get so far in time.
    Late,
}

/// What a waiter used.
#[derive(Debug)]
pub struct Cost {
    /// Processor time.
    pub processor: Duration,
    /// System calls.
    pub calls: u64,
    /// It got too little of the processor for these numbers to count, but it could run all the time.
    pub never_slept: bool,
    /// Did it come to its end, once the other had gone on?
    pub ended: bool,
}

/// Stops the first before one of its points for a time, while the second waits. The second comes first, and
/// stops before a point of its own: a wait on its way there is not what is measured.
///
/// # Errors
/// Those of starting and following processes.
pub fn waiter(
    fixture: &dyn Fixture,
    scenario: &Scenario,
    [first_stops, second_stops]: [usize; 2],
    stands: Duration,
) -> Result<Waiting> {
    let mut execution = Execution::new(fixture, scenario.file.as_deref())?;
    let mut waits = Pid::from_raw(0);
    for (actor, arguments) in scenario.arguments.iter().enumerate() {
        waits = execution.start(actor, arguments)?;
    }
    let deadline = Instant::now() + PATIENCE;
    let before = |number| Some(Preemption { number, after: false });
    let mut pause = execution.run(&[1], before(second_stops), deadline)?;
    if pause == Pause::Arrived {
        pause = execution.run(&[0], before(first_stops), deadline)?;
        if matches!(pause, Pause::Blocked(_)) && execution.limit_exceeded()?.is_none() {
            return Ok(Waiting::Reversed);
        }
    }
    if pause == Pause::Arrived {
        pause = execution.run(&[1], None, deadline)?;
    }
    match (execution.limit_exceeded()?, pause) {
        (Some(limit), _) => return Ok(Waiting::LimitExceeded(limit)),
        (None, Pause::Ended) => return Ok(Waiting::Ended),
        (None, Pause::Blocked(_)) => {}
        (None, _) => return Ok(Waiting::Late),
    }
    let Some(Used { processor, never_slept }) = used_while_waiting(&mut execution, waits, stands)?
    else {
        return Ok(Waiting::Late);
    };
    // Once more, to count its calls, which costs more processor time than they do.
    let before = execution.calls(1);
    execution.run_alone(1, Instant::now() + stands, RunMode::Patient)?;
    let calls = execution.calls(1) - before;
    let had_time = execution.finish(PATIENCE, fixture.deadline())?;
    let ended = execution.ending(1) == Some(Ending::Exited(0));
    if let Some(limit) = execution.limit_exceeded()? {
        return Ok(Waiting::LimitExceeded(limit));
    }
    if !had_time {
        return Ok(Waiting::Late);
    }
    for actor in 0..2 {
        execution.kill(actor)?;
    }
    Ok(Waiting::Costs(Cost { processor, calls, never_slept, ended }))
}

/// What a waiter used in a time.
struct Used {
    processor: Duration,
    never_slept: bool,
}

/// What the second uses from now on, while it waits. It has begun to wait: what it used to get here does not
/// count. `None`: it got too little of the processor for an answer.
fn used_while_waiting(
    execution: &mut Execution,
    waits: Pid,
    stands: Duration,
) -> Result<Option<Used>> {
    // On a busy machine it gets less of the processor than it wants: the time that it stood in the
    // queue for one is no time at all.
    const LOOK: Duration = Duration::from_millis(50);
    const MOST: Duration = Duration::from_secs(4);
    let before = execution.processor(waits)?;
    let (began, share, slept) = (Instant::now(), share_of(waits)?, sleeps_of(waits)?);
    for looks in 1_u64.. {
        execution.run_alone(1, Instant::now() + LOOK, RunMode::Free)?;
        let processor = execution.processor(waits)?.saturating_sub(before);
        let (elapsed, had) = (began.elapsed(), share_of(waits)?.since(share));
        if elapsed.saturating_sub(had.queued) >= stands || processor > stands / 2 {
            return Ok(Some(Used { processor, never_slept: false }));
        }
        if elapsed >= MOST {
            // A process that gives the processor away at once, as by `sched_yield`, gets next to nothing of
            // it beside others. But it never sleeps; only the tracer stops it, once or twice a look.
            let slept = sleeps_of(waits)?.zip(slept).map(|(now, then)| now.saturating_sub(then));
            let could_run = (had.ran + had.queued) * 5 >= elapsed * 4;
            let never_slept = could_run && slept.is_some_and(|slept| slept <= 3 * looks);
            return Ok(never_slept.then_some(Used { processor, never_slept }));
        }
    }
    Ok(None)
}

/// A process's share of a processor so far.
fn share_of(process: Pid) -> Result<Share> {
    Share::of(process).step("look at how long a process has waited for a processor")
}

/// How often a process has left its processor to sleep or to be stopped; `None` if that is not told.
fn sleeps_of(process: Pid) -> Result<Option<u64>> {
    let status = read_text(process, &format!("/proc/{process}/status"));
    let status = status.step("look at how often a process has slept")?.unwrap_or_default();
    let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    Ok(count.and_then(|count| count.trim().parse().ok()))
}
