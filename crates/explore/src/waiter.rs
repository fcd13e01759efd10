//! What a process costs while it waits for one that stands still.

use std::time::{Duration, Instant};

use common::{Context, Result};
use nix::unistd::Pid;
use tracer::{Ending, LimitExceeded, Share, status_number};

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
    let used = used_while_waiting(&mut execution, waits, stands)?;
    let never_slept = !used.is_enough(stands) && used.never_slept();
    if !used.is_enough(stands) && !never_slept {
        return Ok(Waiting::Late);
    }
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
    Ok(Waiting::Costs(Cost { processor: used.processor, calls, never_slept, ended }))
}

/// How long the second is looked at, at most. On a busy machine it gets less of the processor than it wants.
const MOST: Duration = Duration::from_secs(4);

/// What a waiter used so far.
#[derive(Clone, Copy, Debug)]
struct Used {
    processor: Duration,
    /// Time by the clock.
    elapsed: Duration,
    /// Its share of a processor in that time.
    share: Share,
    /// How often it has left its processor to sleep or to be stopped; `None` if the kernel does not tell.
    sleeps: Option<u64>,
    /// How often the tracer has looked. It stops the waiter once or twice each time.
    looks: u64,
}

impl Used {
    /// Whether that is enough for an answer. The time that it stood in the queue for a processor is no time
    /// at all.
    fn is_enough(&self, stands: Duration) -> bool {
        self.elapsed.saturating_sub(self.share.queued) >= stands || self.processor > stands / 2
    }

    /// Whether it could run all the time. A process that gives the processor away at once, as by
    /// `sched_yield`, gets next to nothing of it beside others, but it never sleeps.
    fn never_slept(&self) -> bool {
        let could_run = self.share.ran + self.share.queued;
        could_run * 5 >= self.elapsed * 4
            && self.sleeps.is_some_and(|sleeps| sleeps <= 3 * self.looks)
    }
}

/// What the second uses from now on, while it waits. It has begun to wait: what it used to get here does not
/// count.
fn used_while_waiting(execution: &mut Execution, waits: Pid, stands: Duration) -> Result<Used> {
    const LOOK: Duration = Duration::from_millis(50);
    let (before, sleeps) = (execution.processor(waits)?, sleeps_of(waits)?);
    let (began, share) = (Instant::now(), share_of(waits)?);
    let mut looks = 0;
    loop {
        execution.run_alone(1, Instant::now() + LOOK, RunMode::Free)?;
        looks += 1;
        let used = Used {
            processor: execution.processor(waits)?.saturating_sub(before),
            elapsed: began.elapsed(),
            share: share_of(waits)?.since(share),
            sleeps: sleeps_of(waits)?.zip(sleeps).map(|(now, then)| now.saturating_sub(then)),
            looks,
        };
        if used.is_enough(stands) || used.elapsed >= MOST {
            return Ok(used);
        }
    }
}

/// A process's share of a processor so far.
fn share_of(process: Pid) -> Result<Share> {
    Share::of(process).step("look at how long a process has waited for a processor")
}

/// How often a process has left its processor to sleep or to be stopped.
fn sleeps_of(process: Pid) -> Result<Option<u64>> {
    let count = status_number(process, "voluntary_ctxt_switches");
    count.step("look at how often a process has slept")
}

#[cfg(test)]
mod tests {
    use super::*;

    const STANDS: Duration = Duration::from_millis(500);

    /// What a waiter used in `MOST`, looked at 80 times.
    fn used(ran: u64, queued: u64, sleeps: Option<u64>) -> Used {
        let [ran, queued] = [ran, queued].map(Duration::from_millis);
        Used { processor: ran, elapsed: MOST, share: Share { ran, queued }, sleeps, looks: 80 }
    }

    #[test]
    fn a_waiter_that_sleeps_or_that_gets_the_processor_has_an_answer() {
        assert!(used(1, 2, Some(81)).is_enough(STANDS), "it slept nearly all the time");
        assert!(used(300, 3600, Some(80)).is_enough(STANDS), "it used 300 ms");
    }

    #[test]
    fn a_waiter_that_yields_its_processor_all_the_time_never_slept() {
        let yields = used(40, 3900, Some(120));
        assert!(!yields.is_enough(STANDS) && yields.never_slept(), "{yields:?}");
    }

    #[test]
    fn a_waiter_that_is_woken_again_and_again_on_a_busy_machine_is_not_said_to_be_awake() {
        for sleeps in [Some(1200), None] {
            let woken = used(40, 3900, sleeps);
            assert!(!woken.is_enough(STANDS) && !woken.never_slept(), "{woken:?}");
        }
        let mostly_asleep = used(1, 2000, Some(10));
        assert!(!mostly_asleep.never_slept(), "{mostly_asleep:?}");
    }

    #[test]
    fn how_often_a_process_slept_is_counted() {
        let mut child = std::process::Command::new("sleep").arg("100").spawn().unwrap();
        let process = Pid::from_raw(child.id().cast_signed());
        while sleeps_of(process).unwrap() == Some(0) {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(sleeps_of(process).unwrap(), None, "it has ended");
    }
}
