//! Kill points: a process is killed just before each of its stores and calls, while another process waits
//! for it or comes after.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use common::Result;
use tracer::{Ending, LimitExceeded};

use crate::Fixture;
use crate::execution::{Execution, Pause, RunMode};
use crate::replay::{Scenario, run_scenario};
use crate::requests::Blocked;
use crate::schedule::{Preemption, Schedule};
use crate::search::groups;
use crate::table::{Mark, Table};
use crate::timeline::Timeline;
use crate::trace::{Event, Operation};
use crate::words::{Names, Vocabulary, last_stop};

/// The words for what follows from a kill, and for what the killed process was about to do.
#[derive(Clone, Copy)]
pub struct KillWording {
    /// What the places in FILE are called.
    pub names: Names,
    /// What is said of the step that went wrong.
    pub marks: fn(&[Event]) -> Vec<Mark>,
    /// Is this a store to what the lock protects?
    pub protects: fn(&Operation) -> bool,
}

/// What came of one kill.
pub struct Killed {
    /// What the victim was about to do.
    pub before: String,
    /// Whether another process had begun to wait for it: it held something.
    pub waited: bool,
    /// Who did not finish, and how that shows.
    pub stuck: Option<String>,
    /// A process that had not finished in time slept in this call, which has a timeout. After the timeout it
    /// finished.
    pub late: Option<String>,
    /// The limit for which all were killed.
    pub limit_exceeded: Option<LimitExceeded>,
    /// Who failed, and how.
    pub failed: Option<String>,
    /// What that process wrote to standard error.
    pub complaint: Vec<u8>,
    /// How many began after the kill, one after another.
    pub later: u64,
    /// FILE's bytes before the last two, which came at once; `None`: there were no such two.
    pub before_two: Option<Vec<u8>>,
    /// FILE's bytes in the end.
    pub file: Option<Vec<u8>>,
    /// What happened.
    pub table: Table,
    /// The same, step by step.
    pub timeline: Timeline,
    /// The same, as events.
    pub events: Vec<Event>,
}

/// How many processes must finish after a kill that leaves a lock. What the first one leaves may stop the second: a robust
/// mutex that nobody makes consistent, for example.
const SURVIVORS: u64 = 3;

/// Kills `victim` at each of its points, one run each. Before the kill, the first of the others runs
/// until it ends or waits. If it waited, three processes must finish one after another: the
/// first of the others, then the second of the others, again and again. Then two more come at once, to see
/// whether the lock still keeps one of them out; once for each content of FILE. If the first did not wait, the second must
/// finish. Ends at the first run in which a process does not finish. The flag says whether there was
/// too little time for all.
///
/// # Errors
/// Those of starting and following processes.
pub fn kill_points(
    fixture: &dyn Fixture,
    file: &[u8],
    victim: &'static [&'static str],
    others: [&'static [&'static str]; 2],
    time: Duration,
    wording: KillWording,
) -> Result<(Vec<Killed>, bool)> {
    let scenario = Scenario {
        name: "kill",
        arguments: [victim, others[0]],
        file: Some(file.into()),
        symmetric: true,
    };
    let alone = run_scenario(fixture, &scenario, Schedule::in_turn("kill", 0))?;
    if alone.limit_exceeded.is_some() {
        let none = "does anything: nobody is killed".into();
        let killed = Killed { limit_exceeded: alone.limit_exceeded, ..Killed::before(none) };
        return Ok((vec![killed], false));
    }
    if alone.cut {
        return Ok((Vec::new(), true));
    }
    // FILEs on which two more came at once: they would do the same again.
    let mut tried = BTreeSet::new();
    let mut all = Vec::new();
    for point in groups(&alone.points[0]).into_iter().flatten() {
        // Whoever hangs must have its time before the check's is over.
        if Instant::now() + time >= fixture.deadline() {
            return Ok((all, true));
        }
        match kill_at(fixture, &scenario, point.number, others[1], time, (wording, &mut tried))? {
            At::Killed(killed) => {
                let over = killed.stuck.is_some() || killed.limit_exceeded.is_some();
                all.push(*killed);
                if over {
                    break;
                }
            }
            At::Ended => {}
            At::Late => return Ok((all, true)),
        }
    }
    Ok((all, false))
}

impl Killed {
    /// Whether nothing is wrong so far.
    fn is_well(&self) -> bool {
        self.stuck.is_none() && self.limit_exceeded.is_none() && self.failed.is_none()
    }

    /// Of a victim that is about to do something; nothing has come of it yet.
    fn before(before: String) -> Self {
        Self {
            before,
            waited: false,
            stuck: None,
            late: None,
            limit_exceeded: None,
            failed: None,
            complaint: Vec::new(),
            later: 0,
            before_two: None,
            file: None,
            table: Table::default(),
            timeline: Timeline::default(),
            events: Vec::new(),
        }
    }
}

/// What came of a run up to a point.
enum At {
    /// The victim was killed there; or all were, for a limit.
    Killed(Box<Killed>),
    /// It came another way this time, and ended.
    Ended,
    /// It had not come there in time.
    Late,
}

fn kill_at(
    fixture: &dyn Fixture,
    scenario: &Scenario,
    number: usize,
    last: &'static [&'static str],
    time: Duration,
    (wording, tried): (KillWording, &mut BTreeSet<Vec<u8>>),
) -> Result<At> {
    let mut execution = Execution::new(fixture, scenario.file.as_deref())?;
    for (actor, arguments) in scenario.arguments.iter().enumerate() {
        execution.start(actor, arguments)?;
    }
    let (victim, other) = (0, 1);
    let soon = Instant::now() + time;
    let pause = execution.run(&[victim], Some(Preemption { number, after: false }), soon)?;
    let words = Vocabulary::of(wording.names);
    let mut killed = Box::new(Killed::before(last_stop(execution.trace(), victim, words)));
    if pause != Pause::Arrived {
        killed.limit_exceeded = execution.limit_exceeded()?;
        return Ok(match (killed.limit_exceeded, pause) {
            (Some(_), _) => At::Killed(killed),
            (None, Pause::TimeUp) => At::Late,
            (None, _) => At::Ended,
        });
    }
    let waited = matches!(execution.run(&[other], None, soon)?, Pause::Blocked(_));
    execution.kill(victim)?;
    killed.waited = waited;
    let others = [scenario.arguments[1], last];
    let had_time =
        survive(&mut execution, others, waited, (time, fixture.deadline()), &mut killed)?;
    if !had_time && killed.limit_exceeded.is_none() {
        return Ok(At::Late);
    }
    if waited && killed.is_well() {
        killed.before_two = fixture.file()?.filter(|file| tried.insert(file.clone()));
    }
    if killed.before_two.is_some() {
        let times = (time, fixture.deadline());
        let had_time = two_more(&mut execution, last, times, &mut killed, wording)?;
        if !had_time && killed.limit_exceeded.is_none() {
            return Ok(At::Late);
        }
    }
    killed.file = fixture.file()?;
    let pages = execution.pages_at_start();
    killed.events = execution.into_trace().0;
    let marks = (wording.marks)(&killed.events);
    killed.table = Table::of(scenario, &killed.events, words, &marks);
    killed.timeline = Timeline::of(scenario, &killed.events, words, &marks).from(pages);
    Ok(At::Killed(killed))
}

/// The others after the kill: the first of them goes on, then `last` comes, once or more often. Each has
/// so much time. Whether they have had it: if not, nothing is known.
fn survive(
    execution: &mut Execution,
    [first, last]: [&'static [&'static str]; 2],
    waited: bool,
    (time, latest): (Duration, Instant),
    killed: &mut Killed,
) -> Result<bool> {
    let other = 1;
    let mut who = first.join(" ");
    let mut had_time = execution.finish(time, latest)?;
    let mut ending = execution.ending(other);
    // If the other waited, the dead held a lock, and the other is the first that meets it.
    for _ in 0..if waited { SURVIVORS - 1 } else { 1 } {
        if execution.lives(other) || ending != Some(Ending::Exited(0)) {
            break;
        }
        killed.later += 1;
        who = last.join(" ");
        execution.start(other, last)?;
        execution.note_begins(other, last);
        had_time = execution.finish(time, latest)?;
        ending = execution.ending(other);
    }
    killed.limit_exceeded = execution.limit_exceeded()?;
    let lives = execution.lives(other);
    if !had_time {
        return Ok(false);
    }
    let for_ever = lives && execution.is_deadlocked()?;
    if lives && !for_ever && execution.work(&[other])? {
        killed.limit_exceeded = Some(LimitExceeded::Wall(time));
        execution.kill(other)?;
    } else if lives {
        killed.stuck = Some(match for_ever {
            true => format!("`{who}` sleeps, and nobody is left who could wake it"),
            false => format!("`{who}` had not finished {} seconds later", time.as_secs()),
        });
        execution.note_blocked(other, Blocked::Unfinished);
        killed.late = late(execution, other)?;
        execution.kill(other)?;
    } else if ending != Some(Ending::Exited(0)) {
        let how = ending.map_or("is gone".into(), |ending| ending.to_string());
        killed.failed = Some(format!("`{who}`: {how}"));
        [_, killed.complaint] = execution.outputs(other);
    }
    Ok(true)
}

/// If the actor sleeps in a call with a timeout, and comes to its end when the time is over: the call.
fn late(execution: &mut Execution, actor: usize) -> Result<Option<String>> {
    const SOON: Duration = Duration::from_millis(500);
    let Some(call) = execution.sleeps_for_a_time(actor) else { return Ok(None) };
    execution.run_alone(actor, Instant::now() + SOON, RunMode::Hurried)?;
    let has_finished = execution.ending(actor) == Some(Ending::Exited(0));
    Ok(has_finished.then_some(call))
}

/// Two more after all the others: the first is stopped before its first store to what the lock protects, and
/// the second goes on as far as it comes. Whether they have had time enough: if not, nothing is known.
fn two_more(
    execution: &mut Execution,
    arguments: &'static [&'static str],
    (time, latest): (Duration, Instant),
    killed: &mut Killed,
    wording: KillWording,
) -> Result<bool> {
    // The last process did the same, alone: it found FILE as these two find it.
    let mut points = execution.points_of(1).iter();
    let Some(inside) = points.find(|point| (wording.protects)(&point.operation)) else {
        killed.before_two = None;
        return Ok(true);
    };
    let preemption = Preemption { number: inside.number, after: false };
    for actor in 0..2 {
        execution.start(actor, arguments)?;
        execution.note_begins(actor, arguments);
        killed.later += 1;
    }
    let soon = Instant::now() + time;
    execution.run(&[0], Some(preemption), soon)?;
    execution.run(&[1], None, soon)?;
    let had_time = execution.finish(time, latest)?;
    killed.limit_exceeded = execution.limit_exceeded()?;
    for actor in 0..2 {
        if execution.lives(actor) {
            let who = arguments.join(" ");
            killed.stuck = had_time.then(|| {
                format!(
                    "of two times `{who}` at once, one had not finished {} seconds later",
                    time.as_secs()
                )
            });
            execution.kill(actor)?;
        } else if execution.ending(actor) != Some(Ending::Exited(0)) {
            let ending = execution.ending(actor).map_or("is gone".into(), |how| how.to_string());
            killed.failed = Some(format!("`{}`: {ending}", arguments.join(" ")));
            [_, killed.complaint] = execution.outputs(actor);
        }
    }
    Ok(had_time)
}

/// Is this point a store to the bytes from `from` to `to`?
#[must_use]
pub fn stores_in(operation: &Operation, from: u64, to: u64) -> bool {
    matches!(operation, Operation::Store { offset, .. } if (from..to).contains(offset))
}
