//! One run of two processes by a schedule, from their first instruction to their end.

use std::time::{Duration, Instant};

use common::Result;
use tracer::{Ending, LimitExceeded};

use crate::Fixture;
use crate::execution::{Execution, Pause, gone_on_without};
use crate::pages::Pages;
use crate::schedule::{Preemption, Schedule};
use crate::trace::{Event, Operation, PreemptionPoint};

/// Two processes, and what they find.
pub struct Scenario {
    /// As in a schedule's text.
    pub name: &'static str,
    /// How the two are called.
    pub arguments: [&'static [&'static str]; 2],
    /// The bytes of FILE at the start; none: there is no FILE.
    pub file: Option<Vec<u8>>,
    /// Both do the same: who begins makes no difference.
    pub symmetric: bool,
}

/// How a run by a schedule went.
#[derive(Debug)]
pub struct ExecutionResult {
    /// By which schedule.
    pub schedule: Schedule,
    /// How each of the two ended; `None`: it had to be killed.
    pub endings: [Option<Ending>; 2],
    /// What each printed.
    pub stdout: [Vec<u8>; 2],
    /// What each wrote to standard error.
    pub stderr: [Vec<u8>; 2],
    /// The bytes of FILE in the end.
    pub file: Option<Vec<u8>>,
    /// FILE's pages at the start, if somebody looked.
    pub pages_at_start: Option<Pages>,
    /// How long it took by the clock.
    pub took: Duration,
    /// Everything that happened.
    pub events: Vec<Event>,
    /// Whose waits for something have ended because their time was over, and how many events there were by then.
    pub timeouts: Vec<(usize, usize)>,
    /// The points of each.
    pub points: [Vec<PreemptionPoint>; 2],
    /// Did the one that began arrive where it was to be stopped?
    pub arrived: bool,
    /// Did the second?
    pub second_arrived: bool,
    /// How many points the second had passed when its first turn was over.
    pub second_turn: usize,
    /// Was its first turn over because it could not go on alone?
    pub second_waited: bool,
    /// Could neither go on in the end?
    pub stuck: bool,
    /// There was no time left for this run.
    pub cut: bool,
    /// A limit that was broken.
    pub limit_exceeded: Option<LimitExceeded>,
}

impl ExecutionResult {
    /// The process that did not come to its stop, and the number of this stop: then the run was not the one that the
    /// schedule describes. A second process that had to wait for the first one does not count.
    #[must_use]
    pub fn missed_stop(&self) -> Option<(usize, usize)> {
        let [first, second] = self.schedule.stops;
        let first = first.filter(|_| !self.arrived).map(|stop| (self.schedule.first, stop));
        let second_came = self.second_arrived || self.second_waited;
        let second = second.filter(|_| !second_came).map(|stop| (self.schedule.second(), stop));
        first.or(second).map(|(actor, stop)| (actor, stop.number))
    }

    /// Has a process gone on to such a store because the time of its wait was over? It has stored nothing else in FILE
    /// since.
    #[must_use]
    pub fn has_gone_on_without(&self, is_it: impl Fn(&Operation) -> bool) -> bool {
        gone_on_without(&self.timeouts, &self.events, is_it)
    }
}

/// The most that both may need once nobody holds them up; on a busy machine they get more.
pub const PATIENCE: Duration = Duration::from_secs(6);

/// Runs a scenario by a schedule.
///
/// # Errors
/// Those of starting and following processes.
pub fn run_scenario(
    fixture: &dyn Fixture,
    scenario: &Scenario,
    schedule: Schedule,
) -> Result<ExecutionResult> {
    let mut execution = Execution::new(fixture, scenario.file.as_deref())?;
    for (actor, arguments) in scenario.arguments.iter().enumerate() {
        execution.start(actor, arguments)?;
    }
    let began = Instant::now();
    let deadline = fixture.deadline().min(began + PATIENCE);
    let replay = replay(&mut execution, &schedule, deadline, fixture.deadline())?;
    let works = replay.stuck && !replay.cut && execution.work(&[0, 1])?;
    conclude(execution, fixture, schedule, replay, works)
}

/// How an execution went. Kills the processes that still live; `works` says that they worked at something
/// when their time was up.
pub(crate) fn conclude(
    mut execution: Execution,
    fixture: &dyn Fixture,
    schedule: Schedule,
    replay: Replay,
    works: bool,
) -> Result<ExecutionResult> {
    let Replay { arrived, second_arrived, second_turn, second_waited, stuck, cut } = replay;
    let mut endings = [execution.ending(0), execution.ending(1)];
    for (actor, ending) in endings.iter_mut().enumerate() {
        if execution.lives(actor) {
            *ending = None;
            execution.kill(actor)?;
        }
    }
    let limit_exceeded =
        execution.limit_exceeded()?.or(works.then_some(LimitExceeded::Wall(PATIENCE)));
    let [[one, complaint_of_one], [two, complaint_of_two]] =
        [0, 1].map(|actor| execution.outputs(actor));
    let (pages_at_start, took) = (execution.pages_at_start(), execution.began.elapsed());
    let timeouts = execution.timeouts().to_vec();
    let (events, points) = execution.into_trace();
    Ok(ExecutionResult {
        schedule,
        endings,
        stdout: [one, two],
        stderr: [complaint_of_one, complaint_of_two],
        file: fixture.file()?,
        pages_at_start,
        took,
        events,
        timeouts,
        points,
        arrived,
        second_arrived,
        second_turn,
        second_waited,
        stuck,
        cut,
        limit_exceeded,
    })
}

/// How a schedule was replayed: the fields of [`ExecutionResult`] with these names.
pub(crate) struct Replay {
    pub(crate) arrived: bool,
    pub(crate) second_arrived: bool,
    pub(crate) second_turn: usize,
    pub(crate) second_waited: bool,
    pub(crate) stuck: bool,
    pub(crate) cut: bool,
}

/// Replays a schedule to its end: each turn ends by the deadline, unless its actor lacks time of its own, and
/// everything by `latest`.
fn replay(
    execution: &mut Execution,
    schedule: &Schedule,
    deadline: Instant,
    latest: Instant,
) -> Result<Replay> {
    let (first, second) = (schedule.first, schedule.second());
    let turn = execution.run_patiently(first, schedule.stops[0], deadline, latest)?;
    let arrived = turn == Pause::Arrived;
    let pause = execution.run_patiently(second, schedule.stops[1], deadline, latest)?;
    // If there was no time for a turn, this was not the schedule that was asked for.
    let late = [&turn, &pause].contains(&&Pause::TimeUp) && Instant::now() >= latest;
    let second_arrived = pause == Pause::Arrived;
    let second_waited = matches!(pause, Pause::Blocked(_));
    let second_turn = execution.points(second);
    // From here on each goes on as far as it comes. Whoever is asleep in the kernel is woken by
    // what
    // the other does.
    let mut moved = true;
    while moved && (execution.lives(first) || execution.lives(second)) {
        moved = false;
        for actor in [first, second] {
            let before = execution.trace().len();
            let pause = execution.run_patiently(actor, None, deadline, latest)?;
            // To be blocked is one line; anything beside it is a step forward.
            moved |= pause == Pause::Ended && execution.trace().len() > before;
            moved |= execution.trace().len() > before + 1;
        }
    }
    let left = deadline.saturating_duration_since(Instant::now());
    let had_time = execution.finish(left, latest)?;
    let stuck = execution.lives(first) || execution.lives(second);
    Ok(Replay {
        arrived,
        second_arrived,
        second_turn,
        second_waited,
        stuck,
        cut: late || (stuck && !had_time),
    })
}

/// Lets an actor come to its stop that has no other process to wait for. If it works for long before it opens FILE, it
/// seems to turn in a loop, and goes on all the same.
pub(crate) fn come_alone(
    execution: &mut Execution,
    actor: usize,
    stop: Option<Preemption>,
    deadline: Instant,
) -> Result<Pause> {
    const AGAIN: usize = 20;
    for _ in 0..AGAIN {
        let pause = execution.run(&[actor], stop, deadline)?;
        if !matches!(pause, Pause::Blocked(_)) {
            return Ok(pause);
        }
    }
    Ok(Pause::TimeUp)
}
