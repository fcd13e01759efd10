//! What a process costs while it waits for one that stands still.

use std::time::{Duration, Instant};

use common::{Context, Result};
use nix::unistd::Pid;
use tracer::{Ending, LimitExceeded, ProcessorShare, status_number};

use crate::Fixture;
use crate::execution::{Execution, HURRIED, Pause, RunMode};
use crate::replay::{PATIENCE, Scenario, come_alone};
use crate::schedule::Preemption;
use crate::trace::Event;

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
    /// CPU time.
    pub cpu_time: Duration,
    /// System calls of its own: none that the kernel makes for it after a signal.
    pub calls: u64,
    /// It got too little of the processor for these numbers to count, but it could run all the time.
    pub never_slept: bool,
    /// How it ended, once the other had gone on or before; `None`: it did not end.
    pub ending: Option<Ending>,
    /// It had ended while the other one stood still: how long it had waited at most, without the time in the queue for
    /// a processor.
    pub ended_after: Option<Duration>,
    /// What it wrote to standard error.
    pub complaint: Vec<u8>,
    /// It waited in calls that end by themselves, or had ended before the other went on: it may wait no
    /// longer than for a time.
    pub may_give_up: bool,
}

/// How time passed in a long stand, for people.
#[must_use]
pub fn how_time_passed(stood: Duration) -> String {
    format!(
        "A stood still there for {:.1} s by the clock. Of the sleeps and timeouts of B, the first {HURRIED} \
         were over at once, as if their time had passed, and each of them put the clock on by an hour",
        stood.as_secs_f64()
    )
}

/// What two did of which the first stood still for long.
#[derive(Debug)]
pub struct LongStand {
    /// The second had ended while the first still stood there.
    pub went_on: bool,
    /// How long the first stood there, by the clock.
    pub stood: Duration,
    /// How the two ended.
    pub endings: [Option<Ending>; 2],
    /// FILE's bytes in the end.
    pub file: Option<Vec<u8>>,
    /// Everything that happened.
    pub events: Vec<Event>,
}

/// How long the first stands still in a long stand: longer than any process may need after a kill.
pub const LONG: Duration = Duration::from_secs(6);

/// The first is stopped before one of its points, and the second waits.
struct StandingPair<'l> {
    execution: Execution<'l>,
    /// The process that waits.
    waits: Pid,
}

/// Stops the first before one of its points, and lets the second come to its wait. The second comes first, and
/// stops before a point of its own: a wait on its way there is not what is measured.
fn stand<'l>(
    mut execution: Execution<'l>,
    scenario: &Scenario,
    [first_stops, second_stops]: [usize; 2],
) -> Result<std::result::Result<StandingPair<'l>, Waiting>> {
    let mut waits = Pid::from_raw(0);
    for (actor, arguments) in scenario.arguments.iter().enumerate() {
        waits = execution.start(actor, arguments)?;
    }
    let deadline = Instant::now() + PATIENCE;
    let before = |number| Some(Preemption { number, after: false });
    let mut pause = come_alone(&mut execution, 1, before(second_stops), deadline)?;
    if pause == Pause::Arrived {
        pause = execution.run(&[0], before(first_stops), deadline)?;
        if matches!(pause, Pause::Blocked(_)) && !execution.has_opened(0) {
            // It cannot wait for a lock in FILE yet: it works before it opens FILE.
            pause = come_alone(&mut execution, 0, before(first_stops), deadline)?;
        }
        if matches!(pause, Pause::Blocked(_)) && execution.limit_exceeded()?.is_none() {
            return Ok(Err(Waiting::Reversed));
        }
    }
    if pause == Pause::Arrived {
        pause = execution.run(&[1], None, deadline)?;
    }
    Ok(match (execution.limit_exceeded()?, pause) {
        (Some(limit), _) => Err(Waiting::LimitExceeded(limit)),
        (None, Pause::Ended) => Err(Waiting::Ended),
        (None, Pause::Blocked(_)) => Ok(StandingPair { execution, waits }),
        (None, _) => Err(Waiting::Late),
    })
}

/// The first stands still for longer than any process may wait, and then goes on. A call of the second that
/// waits for a time is over at once, if that is known of the call. `None`: it did not come to that in time.
///
/// # Errors
/// Those of starting and following processes.
pub fn long_stand(
    fixture: &dyn Fixture,
    scenario: &Scenario,
    stops: [usize; 2],
) -> Result<Option<LongStand>> {
    let execution = Execution::new(fixture, scenario.file.as_deref())?;
    let execution = execution.without_call_reports().with_a_clock_of_its_own();
    let Ok(StandingPair { mut execution, .. }) = stand(execution, scenario, stops)? else {
        return Ok(None);
    };
    let began = Instant::now();
    execution.run_alone(1, began + LONG, RunMode::Hurried)?;
    let (stood, went_on) = (began.elapsed(), !execution.lives(1));
    let had_time = execution.finish(PATIENCE, fixture.deadline())?;
    if !had_time || execution.limit_exceeded()?.is_some() {
        return Ok(None);
    }
    let endings = [0, 1].map(|actor| execution.ending(actor));
    for actor in 0..2 {
        if execution.lives(actor) {
            execution.kill(actor)?;
        }
    }
    let file = fixture.file()?;
    Ok(Some(LongStand { went_on, stood, endings, file, events: execution.into_trace().0 }))
}

/// Stops the first before one of its points for a time, while the second waits.
///
/// # Errors
/// Those of starting and following processes.
pub fn waiter(
    fixture: &dyn Fixture,
    scenario: &Scenario,
    stops: [usize; 2],
    stands: Duration,
) -> Result<Waiting> {
    let execution = Execution::new(fixture, scenario.file.as_deref())?;
    let execution = execution.without_call_reports(); // It runs freely in the end.
    let StandingPair { mut execution, waits } = match stand(execution, scenario, stops)? {
        Ok(stand) => stand,
        Err(other) => return Ok(other),
    };
    // Its calls first: a process that runs freely is stopped at no call, and goes on to run freely if it sleeps at the
    // end of that time.
    let counted = used_while_waiting(&mut execution, waits, stands, RunMode::Patient)?;
    let may_give_up = !execution.sleeps_until_woken(1)?;
    let (mut used, mut ended_after) = (counted, Some(counted.own_time()));
    if execution.lives(1) {
        // Then its CPU time: it uses more while its calls are counted.
        used = used_while_waiting(&mut execution, waits, stands, RunMode::Free)?;
        let goes_on = execution.lives(1);
        let has_answer = counted.is_enough(stands) && used.is_enough(stands);
        if goes_on && !has_answer && !used.never_slept() {
            return Ok(Waiting::Late);
        }
        ended_after = (!goes_on).then(|| counted.own_time() + used.own_time());
    }
    let never_slept = ended_after.is_none() && !used.is_enough(stands);
    let had_time = execution.finish(PATIENCE, fixture.deadline())?;
    let ending = execution.ending(1);
    if let Some(limit) = execution.limit_exceeded()? {
        return Ok(Waiting::LimitExceeded(limit));
    }
    if !had_time {
        return Ok(Waiting::Late);
    }
    for actor in 0..2 {
        execution.kill(actor)?;
    }
    let [_, complaint] = execution.outputs(1);
    Ok(Waiting::Costs(Cost {
        cpu_time: used.cpu_time,
        calls: counted.calls,
        never_slept,
        ending,
        ended_after,
        complaint,
        may_give_up,
    }))
}

/// How long the second is looked at, at most. On a busy machine it gets less of the processor than it wants.
const MOST: Duration = Duration::from_secs(4);

/// What a waiter used so far.
#[derive(Clone, Copy, Debug)]
struct Used {
    cpu_time: Duration,
    /// System calls of its own. Where it ran freely, none of them was seen.
    calls: u64,
    /// Time by the clock.
    elapsed: Duration,
    /// Its share of a processor in that time.
    share: ProcessorShare,
    /// How often it has left its processor to sleep or to be stopped; `None` if the kernel does not tell.
    sleeps: Option<u64>,
    /// How often the tracer has looked. It stops the waiter once or twice each time.
    looks: u64,
}

impl Used {
    /// How long it has waited. The time that it stood in the queue for a processor is no time at all.
    fn own_time(&self) -> Duration {
        self.elapsed.saturating_sub(self.share.queued)
    }

    /// Whether that is enough for an answer.
    fn is_enough(&self, stands: Duration) -> bool {
        self.own_time() >= stands || self.cpu_time > stands / 2
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
fn used_while_waiting(
    execution: &mut Execution,
    waits: Pid,
    stands: Duration,
    mode: RunMode,
) -> Result<Used> {
    const LOOK: Duration = Duration::from_millis(50);
    let calls = execution.calls_of_its_own(1);
    let (before, sleeps) = (execution.cpu_time(waits)?, sleeps_of(waits)?);
    let (began, share) = (Instant::now(), share_of(waits)?);
    let (mut looks, mut last) = (0, share);
    loop {
        execution.run_alone(1, Instant::now() + LOOK, mode)?;
        looks += 1;
        if execution.lives(1) {
            last = share_of(waits)?; // If it has ended, the kernel does not tell any more.
        }
        let used = Used {
            cpu_time: execution.cpu_time(waits)?.saturating_sub(before),
            calls: execution.calls_of_its_own(1) - calls,
            elapsed: began.elapsed(),
            share: last.since(share),
            sleeps: sleeps_of(waits)?.zip(sleeps).map(|(now, then)| now.saturating_sub(then)),
            looks,
        };
        if used.is_enough(stands) || used.elapsed >= MOST || !execution.lives(1) {
            return Ok(used);
        }
    }
}

/// A process's share of a processor so far.
fn share_of(process: Pid) -> Result<ProcessorShare> {
    ProcessorShare::of(process).step("look at how long a process has waited for a processor")
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
        Used {
            cpu_time: ran,
            calls: 0,
            elapsed: MOST,
            share: ProcessorShare { ran, queued },
            sleeps,
            looks: 80,
        }
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
