//! Kill points: a process is killed just before each of its stores and calls, while another process waits
//! for it or comes after.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::time::{Duration, Instant};
use std::{fs, io};

use common::{Context, Result};
use tracer::{Ending, LimitExceeded};

use crate::Fixture;
use crate::execution::{Execution, Pause, RunMode};
use crate::replay::{Scenario, run_scenario};
use crate::requests::Blocked;
use crate::schedule::{Preemption, Schedule};
use crate::search::groups;
use crate::table::{Mark, Table};
use crate::timeline::Timeline;
use crate::trace::{Event, EventKind, Operation, PreemptionPoint};
use crate::words::{Names, Vocabulary, last_stop};

mod after_commits;

/// What there was too little time for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untried {
    /// All was tried.
    Nothing,
    /// Some kills of the first pass, and the second pass.
    SomeKills,
    /// Some kills of the second pass.
    SomeAfterCommits,
}

/// How the processes are called.
#[derive(Clone, Copy)]
pub struct Calls {
    /// The one that is killed.
    pub victim: &'static [&'static str],
    /// Those that wait for it or come after it.
    pub others: [&'static [&'static str]; 2],
    /// Those that end well before it begins, in the second pass.
    pub before: [&'static [&'static str]; 2],
    /// The others of the second pass.
    pub after: [&'static [&'static str]; 2],
}

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
    /// How many processes began like the one that waited, with it.
    pub like_the_first: u64,
    /// What they did, some of them at once; `None`: only one came, or not all have succeeded.
    pub first: Option<Change>,
    /// What the last two of them did: one had got the lock from another one when the other came. `None`: as above.
    pub handed_on: Option<Change>,
    /// How many began after them, one after another, and then two at once.
    pub later: u64,
    /// FILE's bytes before the last two, which came at once; `None`: there were no such two.
    pub before_two: Option<Vec<u8>>,
    /// A process has stored something in what the lock protects after the time of its wait was over: it went past the
    /// lock. What is lost then is not due to the kill.
    pub has_gone_past: bool,
    /// What other processes had done in FILE before the victim began; `None`: there were none.
    pub commits: Option<Commits>,
    /// FILE's bytes in the end.
    pub file: Option<Vec<u8>>,
    /// What happened.
    pub table: Table,
    /// The same, step by step.
    pub timeline: Timeline,
    /// The same, as events.
    pub events: Vec<Event>,
}

/// What some processes did in FILE, all of which have succeeded.
pub struct Change {
    /// How many they were.
    pub processes: u64,
    /// FILE's bytes when none of them had stored anything.
    pub before: Vec<u8>,
    /// FILE's bytes when all of them had ended.
    pub after: Vec<u8>,
}

/// What processes have done in FILE, all of which had ended before the victim began.
pub struct Commits {
    /// FILE's bytes when they had ended.
    pub committed: Vec<u8>,
    /// FILE's bytes when the victim stood before its kill point.
    pub left: Vec<u8>,
}

/// How many earlier meetings of the first two are tried at most for one kill.
const MEETINGS: usize = 6;
/// How long a process may take to come inside, if it waits for a time and this time is over at once.
const HURRY: Duration = Duration::from_millis(100);

/// The actor that is killed. Later processes take its place.
const VICTIM: usize = 0;
/// The actor that waits for it.
const OTHER: usize = 1;

/// How many processes must finish after a kill that leaves a lock. What the first one leaves may stop the second: a robust
/// mutex that nobody makes consistent, for example.
const SURVIVORS: u64 = 3;

/// Kills `victim` at each of its points, one run each. Before the kill, the first of the others runs
/// until it ends or waits. If it did not wait, the second must finish.
///
/// If it waited, it goes on until it is inside: just before its first store to what the lock protects. There it is
/// stopped, and a second process like it comes. If the second one waits, it gets the lock when the first one has ended,
/// and is stopped inside, too, while a third one comes. All of them must finish. Then two more come at once, the second
/// of the others, to see whether the lock still keeps one of them out; once for each content of FILE.
///
/// Once for each content of FILE at the kill, the first two also meet earlier, one run each (`Kills::meet`).
///
/// A second pass kills it once more where another process waits for it. There, other processes have done their work in
/// FILE and have ended before the victim begins, and other ones come after it.
///
/// Ends at the first run in which a process does not finish. Also returns what there was too little time for.
///
/// # Errors
/// Those of starting and following processes.
pub fn kill_points(
    fixture: &dyn Fixture,
    file: &[u8],
    calls: Calls,
    time: Duration,
    wording: KillWording,
) -> Result<(Vec<Killed>, Untried)> {
    let scenario = Scenario {
        name: "kill",
        arguments: [calls.victim, calls.others[0]],
        file: Some(file.into()),
        symmetric: true,
    };
    let alone = run_scenario(fixture, &scenario, Schedule::in_turn("kill", 0))?;
    if alone.limit_exceeded.is_some() {
        let none = "does anything: nobody is killed".into();
        let killed = Killed { limit_exceeded: alone.limit_exceeded, ..Killed::before(none) };
        return Ok((vec![killed], Untried::Nothing));
    }
    if alone.cut {
        return Ok((Vec::new(), Untried::SomeKills));
    }
    let mut kills = Kills {
        fixture,
        scenario,
        last: calls.others[1],
        time,
        wording,
        found: Vec::new(),
        tried: Tried::default(),
    };
    let (mut goes_on, mut held, mut untried) = (Next::GoesOn, Vec::new(), Untried::SomeKills);
    for point in groups(&alone.points[0]).into_iter().flatten() {
        let place = kills.found.len();
        goes_on = kills.at(point.number)?;
        if goes_on != Next::GoesOn {
            break;
        }
        if kills.found.get(place).is_some_and(|killed| killed.waited) {
            held.push(point.number);
        }
    }
    if goes_on == Next::GoesOn {
        kills.scenario.arguments = calls.before; // The table begins with them.
        untried = Untried::SomeAfterCommits;
        goes_on = kills.after_commits(&calls, &alone.points[0], &held)?;
    }
    Ok((kills.found, if goes_on == Next::Late { untried } else { Untried::Nothing }))
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
            like_the_first: 1,
            first: None,
            handed_on: None,
            later: 0,
            before_two: None,
            has_gone_past: false,
            commits: None,
            file: None,
            table: Table::default(),
            timeline: Timeline::default(),
            events: Vec::new(),
        }
    }
}

/// Whether another kill is tried.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    GoesOn,
    /// A process did not finish.
    Over,
    /// There was not enough time.
    Late,
}

/// What was tried already, and would show the same again.
#[derive(Default)]
struct Tried {
    /// FILEs on which two more came at once.
    two_more: BTreeSet<Vec<u8>>,
    /// FILEs just after a kill, with the names in their directory.
    kills: BTreeSet<(Vec<u8>, Vec<OsString>)>,
}

/// A run up to a kill.
struct Kill<'l> {
    execution: Execution<'l>,
    killed: Killed,
    /// How many points the other one had come to when it began to wait.
    waited_at: usize,
}

/// What came of a run up to a kill.
enum At<'l> {
    /// The victim was killed there.
    Killed(Box<Kill<'l>>),
    /// All were killed for a limit.
    LimitExceeded(Box<Killed>),
    /// It came another way this time, and ended.
    Ended,
    /// It had not come there in time.
    Late,
}

/// All kills of one victim.
struct Kills<'l> {
    fixture: &'l dyn Fixture,
    /// The victim, and the first of the others.
    scenario: Scenario,
    /// The second of the others.
    last: &'static [&'static str],
    /// How long each process has after the kill.
    time: Duration,
    wording: KillWording,
    found: Vec<Killed>,
    tried: Tried,
}

impl<'l> Kills<'l> {
    /// Kills the victim before one of its points, and looks at what the others do, in one run or several.
    fn at(&mut self, number: usize) -> Result<Next> {
        let at = self.up_to_the_kill(number)?;
        let kill = match self.killed(at) {
            Ok(kill) => kill,
            Err(next) => return Ok(next),
        };
        let is_new = kill.killed.waited && self.is_new()?;
        let (next, way) = self.one_by_one(*kill)?;
        if next != Next::GoesOn || !is_new {
            return Ok(next);
        }
        self.meet_on_the_way(number, &way)
    }

    /// The kill, if the victim came to its point; otherwise, how the search goes on.
    fn killed(&mut self, at: At<'l>) -> std::result::Result<Box<Kill<'l>>, Next> {
        match at {
            At::Killed(kill) => Ok(kill),
            At::LimitExceeded(killed) => {
                self.found.push(*killed);
                Err(Next::Over)
            }
            At::Ended => Err(Next::GoesOn),
            At::Late => Err(Next::Late),
        }
    }

    /// The first two meet earlier: before each of the first points of the one that waited, until it keeps the other one out.
    /// After that, only where a call can have given the lock back.
    fn meet_on_the_way(&mut self, number: usize, way: &[PreemptionPoint]) -> Result<Next> {
        let is_call = |point: &PreemptionPoint| matches!(point.operation, Operation::Call(_));
        let (mut meetings, mut is_kept_out) = (0, false);
        for step in 1..way.len() {
            // The point before which it stands, and the one before that.
            let calls = way[step.saturating_sub(2)..step].iter().any(is_call);
            if is_kept_out && !calls {
                continue;
            }
            match self.meet(number, step)? {
                Met::Shows(next) if next != Next::GoesOn => return Ok(next),
                Met::Shows(_) => {}
                Met::KeptOut => is_kept_out = true,
            }
            meetings += 1;
            if meetings == MEETINGS {
                break;
            }
        }
        Ok(Next::GoesOn)
    }

    /// Lets the victim come to one of its points and the other one wait for it, if it does; then kills the victim.
    fn up_to_the_kill(&self, number: usize) -> Result<At<'l>> {
        // Whoever hangs must have its time before the check's is over.
        if Instant::now() + self.time >= self.fixture.deadline() {
            return Ok(At::Late);
        }
        let mut execution = Execution::new(self.fixture, self.scenario.file.as_deref())?;
        for (actor, arguments) in self.scenario.arguments.iter().enumerate() {
            execution.start(actor, arguments)?;
        }
        let soon = self.soon();
        let pause = execution.run(&[VICTIM], Some(Preemption { number, after: false }), soon)?;
        let words = Vocabulary::of(self.wording.names);
        let mut killed = Killed::before(last_stop(execution.trace(), VICTIM, words));
        if pause != Pause::Arrived {
            return not_arrived(&mut execution, killed, pause);
        }
        killed.waited = matches!(execution.run(&[OTHER], None, soon)?, Pause::Blocked(_));
        let waited_at = execution.points(OTHER);
        execution.kill(VICTIM)?;
        Ok(At::Killed(Box::new(Kill { execution, killed, waited_at })))
    }

    /// Is FILE, just after a kill, another one than after each earlier kill of a process that held something?
    fn is_new(&mut self) -> Result<bool> {
        let directory = self.fixture.directory();
        let entries = fs::read_dir(directory).step_on("list", directory)?;
        let names = entries.map(|entry| Ok(entry?.file_name()));
        let mut names: Vec<_> = names.collect::<io::Result<_>>().step_on("list", directory)?;
        names.sort();
        let file = self.fixture.file()?.unwrap_or_default();
        Ok(self.tried.kills.insert((file, names)))
    }

    /// The others after the kill: first those that come while the one that waited is inside, then `last`, once or more
    /// often. Also returns the points of the one that waited, from its wait until it was inside.
    fn one_by_one(&mut self, kill: Kill) -> Result<(Next, Vec<PreemptionPoint>)> {
        let Kill { mut execution, mut killed, waited_at } = kill;
        let mut way = Vec::new();
        let before = self.fixture.file()?;
        execution.stop_before(OTHER, killed.waited.then_some(self.wording.protects));
        let mut had_time = execution.finish(self.time, self.fixture.deadline())?;
        if killed.waited && stands_inside(&execution, OTHER) {
            way = execution.points_of(OTHER)[waited_at..].to_vec();
            had_time = self.others_come(&mut execution, &mut killed)?;
            killed.first = self.change(before, killed.like_the_first, &killed)?;
        } else if had_time {
            execution.stop_before(OTHER, None);
            let who = one(self.scenario.arguments[1]);
            look_at_end(&mut execution, OTHER, &who, self.time, &mut killed)?;
        }
        // If the other waited, the dead held a lock, and the other is the first that meets it.
        let more = if killed.waited { SURVIVORS.saturating_sub(killed.like_the_first) } else { 1 };
        while had_time && killed.is_well() && killed.later < more {
            killed.later += 1;
            execution.start(OTHER, self.last)?;
            execution.note_begins(OTHER, self.last);
            had_time = execution.finish(self.time, self.fixture.deadline())?;
            if had_time {
                look_at_end(&mut execution, OTHER, &one(self.last), self.time, &mut killed)?;
            }
        }
        if had_time && killed.waited && killed.is_well() {
            let file = self.fixture.file()?;
            killed.before_two = file.filter(|file| self.tried.two_more.insert(file.clone()));
        }
        if killed.before_two.is_some() {
            had_time = self.two_more(&mut execution, &mut killed)?;
        }
        Ok((self.keep(execution, killed, had_time)?, way))
    }

    /// The first of the others is inside: the second one comes. If it waits, it gets the lock from the first one. Then
    /// it is stopped inside, and a third one comes. Whether they have had time enough: if not, nothing is known.
    fn others_come(&self, execution: &mut Execution, killed: &mut Killed) -> Result<bool> {
        let first = self.scenario.arguments[1];
        self.another_comes(execution, VICTIM, killed)?;
        let pause = execution.run(&[VICTIM], None, self.soon())?;
        if !matches!(pause, Pause::Blocked(_)) {
            return self.finish_both(execution, first, killed);
        }
        execution.stop_before(VICTIM, Some(self.wording.protects));
        if !execution.finish(self.time, self.fixture.deadline())? {
            return Ok(false);
        }
        let is_inside = stands_inside(execution, VICTIM);
        execution.stop_before(VICTIM, None);
        if is_inside && execution.lives(OTHER) {
            execution.run(&[OTHER], None, self.soon())?; // It has given the lock back, and has still to end.
        }
        if !is_inside || execution.ending(OTHER) != Some(Ending::Exited(0)) {
            return self.finish_both(execution, first, killed);
        }
        let before = self.fixture.file()?;
        self.another_comes(execution, OTHER, killed)?;
        execution.run(&[OTHER], None, self.soon())?;
        let had_time = self.finish_both(execution, first, killed)?;
        killed.handed_on = self.change(before, 2, killed)?;
        Ok(had_time)
    }

    /// The same kill, and the first two meet earlier: the one that waited is stopped before its `step`th point after
    /// the kill, the other one comes and is stopped when it is inside, and then both go on. So the first may have found
    /// the lock's holder dead, and have not taken the lock yet.
    fn meet(&mut self, number: usize, step: usize) -> Result<Met> {
        let Kill { mut execution, mut killed, waited_at } = match self.up_to_the_kill(number)? {
            At::Killed(kill) if kill.killed.waited => *kill,
            At::Late => return Ok(Met::Shows(Next::Late)),
            At::Killed(_) | At::LimitExceeded(_) | At::Ended => {
                return Ok(Met::Shows(Next::GoesOn));
            }
        };
        let before = self.fixture.file()?;
        let (stop, soon) = (Preemption { number: waited_at + step, after: false }, self.soon());
        match execution.run_hurried(OTHER, Some(stop), soon)? {
            Pause::Arrived => {}
            Pause::TimeUp if Instant::now() >= soon => return Ok(Met::Shows(Next::Late)),
            _ => return Ok(Met::Shows(Next::GoesOn)), // It came another way this time.
        }
        self.another_comes(&mut execution, VICTIM, &mut killed)?;
        execution.stop_before(VICTIM, Some(self.wording.protects));
        let mut pause = execution.run(&[VICTIM], None, self.soon())?;
        let has_a_time = matches!(pause, Pause::Blocked(_)) && execution.waits_for_a_time(VICTIM);
        if has_a_time {
            pause = execution.run_hurried(VICTIM, None, Instant::now() + HURRY)?;
            if !has_taken_over(execution.trace(), self.wording.protects) {
                return Ok(Met::KeptOut); // Its time was over: this is not due to the kill.
            }
        }
        execution.stop_before(VICTIM, None);
        let is_inside = pause == Pause::Arrived;
        execution.run(&[OTHER], None, self.soon())?;
        let had_time = self.finish_both(&mut execution, self.scenario.arguments[1], &mut killed)?;
        if has_a_time && matches!(execution.ending(VICTIM), Some(Ending::Exited(1..))) {
            return Ok(Met::KeptOut); // It waited for as long as it likes to.
        }
        killed.first = self.change(before, killed.like_the_first, &killed)?;
        let next = self.keep(execution, killed, had_time)?;
        Ok(if next == Next::GoesOn && !is_inside { Met::KeptOut } else { Met::Shows(next) })
    }

    fn soon(&self) -> Instant {
        Instant::now() + self.time
    }

    /// Another process like the first of the others begins.
    fn another_comes(
        &self,
        execution: &mut Execution,
        actor: usize,
        killed: &mut Killed,
    ) -> Result<()> {
        let first = self.scenario.arguments[1];
        execution.start(actor, first)?;
        execution.note_begins(actor, first);
        killed.like_the_first += 1;
        Ok(())
    }

    /// Lets both run to their end. Whether they have had time enough: if not, nothing is known.
    fn finish_both(
        &self,
        execution: &mut Execution,
        arguments: &[&str],
        killed: &mut Killed,
    ) -> Result<bool> {
        let had_time = execution.finish(self.time, self.fixture.deadline())?;
        let who = format!("one of two processes `{}`", arguments.join(" "));
        for actor in (0..2).filter(|_| had_time) {
            look_at_end(execution, actor, &who, self.time, killed)?;
        }
        Ok(had_time)
    }

    /// What so many processes have done in FILE, if all is well so far.
    fn change(
        &self,
        before: Option<Vec<u8>>,
        processes: u64,
        killed: &Killed,
    ) -> Result<Option<Change>> {
        let files = before.zip(self.fixture.file()?).filter(|_| killed.is_well());
        Ok(files.map(|(before, after)| Change { processes, before, after }))
    }

    /// Two more after all the others: the first is stopped before its first store to what the lock protects, and
    /// the second goes on as far as it comes. Whether they have had time enough: if not, nothing is known.
    fn two_more(&self, execution: &mut Execution, killed: &mut Killed) -> Result<bool> {
        for actor in 0..2 {
            execution.start(actor, self.last)?;
            execution.note_begins(actor, self.last);
            killed.later += 1;
        }
        execution.stop_before(VICTIM, Some(self.wording.protects));
        execution.run(&[VICTIM], None, self.soon())?;
        execution.stop_before(VICTIM, None);
        execution.run(&[OTHER], None, self.soon())?;
        self.finish_both(execution, self.last, killed)
    }

    /// Keeps what came of a kill, and says whether another kill is tried.
    fn keep(
        &mut self,
        mut execution: Execution,
        mut killed: Killed,
        had_time: bool,
    ) -> Result<Next> {
        if killed.limit_exceeded.is_none() {
            killed.limit_exceeded = execution.limit_exceeded()?;
        }
        if !had_time && killed.limit_exceeded.is_none() {
            return Ok(Next::Late);
        }
        killed.file = self.fixture.file()?;
        killed.has_gone_past = execution.has_gone_on_without(self.wording.protects);
        let pages = execution.pages_at_start();
        killed.events = execution.into_trace().0;
        let (events, words) = (&killed.events, Vocabulary::of(self.wording.names));
        let marks = (self.wording.marks)(events);
        killed.table = Table::of(&self.scenario, events, words, &marks);
        killed.timeline = Timeline::of(&self.scenario, events, words, &marks).from(pages);
        let is_over = killed.stuck.is_some() || killed.limit_exceeded.is_some();
        self.found.push(killed);
        Ok(if is_over { Next::Over } else { Next::GoesOn })
    }
}

/// What a run shows in which the first two meet before either of them is inside.
enum Met {
    /// The second one came inside, or something went wrong.
    Shows(Next),
    /// The first one, which stood still, kept the second one out: it holds the lock.
    KeptOut,
}

/// Is the actor stopped inside, where [`Execution::stop_before`] has stopped it?
fn stands_inside(execution: &Execution, actor: usize) -> bool {
    execution.lives(actor) && !execution.is_on_its_way(actor)
}

/// Has the process in the place of the victim stored something in its lock, not only tried to change it in an atomic
/// step?
fn has_taken_over(events: &[Event], protects: fn(&Operation) -> bool) -> bool {
    let own = events.iter().rev().take_while(|event| event.kind != EventKind::Killed);
    own.filter(|event| event.actor == VICTIM).any(|event| match &event.kind {
        EventKind::Store { offset, after, locked: false, .. } => {
            !protects(&Operation::Store { offset: *offset, size: after.len(), instruction: 0 })
        }
        _ => false,
    })
}

/// Why the victim did not come to its kill point.
fn not_arrived<'l>(execution: &mut Execution, mut killed: Killed, pause: Pause) -> Result<At<'l>> {
    killed.limit_exceeded = execution.limit_exceeded()?;
    Ok(match (killed.limit_exceeded, pause) {
        (Some(_), _) => At::LimitExceeded(Box::new(killed)),
        (None, Pause::TimeUp) => At::Late,
        (None, _) => At::Ended,
    })
}

/// How a process is called in a verdict.
fn one(arguments: &[&str]) -> String {
    format!("`{}`", arguments.join(" "))
}

/// What has become of a process, which has had its time: whether it is stuck, or has failed. A process that still
/// lives is killed.
fn look_at_end(
    execution: &mut Execution,
    actor: usize,
    who: &str,
    time: Duration,
    killed: &mut Killed,
) -> Result<()> {
    let was_well = killed.is_well();
    killed.limit_exceeded = killed.limit_exceeded.or(execution.limit_exceeded()?);
    let ending = execution.ending(actor);
    if execution.lives(actor) {
        let living: Vec<usize> = (0..2).filter(|actor| execution.lives(*actor)).collect();
        let for_ever = was_well && execution.is_deadlocked()?;
        if was_well && !for_ever && execution.work(&living)? {
            killed.limit_exceeded = Some(LimitExceeded::Wall(time));
        } else if was_well {
            killed.stuck = Some(match for_ever {
                true => format!("{who} sleeps, and nobody is left who could wake it"),
                false => format!("{who} had not finished {} seconds later", time.as_secs()),
            });
            execution.note_blocked(actor, Blocked::Unfinished);
            killed.late = late(execution, actor)?;
        }
        execution.kill(actor)?;
    } else if was_well && ending != Some(Ending::Exited(0)) {
        let how = ending.map_or("is gone".into(), |ending| ending.to_string());
        killed.failed = Some(format!("{who}: {how}"));
        [_, killed.complaint] = execution.outputs(actor);
    }
    Ok(())
}

/// If the actor sleeps in a call with a timeout, and comes to its end when the time is over: the call.
fn late(execution: &mut Execution, actor: usize) -> Result<Option<String>> {
    const SOON: Duration = Duration::from_millis(500);
    let Some(call) = execution.sleeps_for_a_time(actor) else { return Ok(None) };
    execution.run_alone(actor, Instant::now() + SOON, RunMode::Hurried)?;
    let has_finished = execution.ending(actor) == Some(Ending::Exited(0));
    Ok(has_finished.then_some(call))
}

/// Is this point a store to the bytes from `from` to `to`?
#[must_use]
pub fn stores_in(operation: &Operation, from: u64, to: u64) -> bool {
    matches!(operation, Operation::Store { offset, .. } if (from..to).contains(offset))
}
