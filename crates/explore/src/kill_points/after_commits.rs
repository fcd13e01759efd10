//! Kills in a FILE in which other processes have done their work before: a repair must not undo it.

use std::time::Instant;

use common::Result;
use tracer::Ending;

use super::{
    At, Calls, Commits, Kill, Killed, Kills, Next, OTHER, VICTIM, look_at_end, not_arrived, one,
};
use crate::execution::{Execution, Pause, RunMode};
use crate::operations::CallKind;
use crate::schedule::Preemption;
use crate::search::groups;
use crate::trace::{Operation, PreemptionPoint};
use crate::words::{Vocabulary, last_stop};

/// What the processes before one kill have left.
enum Before<'l> {
    /// All of them have succeeded.
    Done(Box<Execution<'l>>),
    /// There was not enough time, or a limit was exceeded: the same calls alone are judged elsewhere.
    NotDone,
}

impl<'l> Kills<'l> {
    /// Kills the victim at those of its points at which it may hold something: at those of the numbers in `held` among
    /// `first_pass`, its points when nothing was done in FILE before. If there were none, at all of its points. After its
    /// last store to what the lock protects, its own work is whole: nothing is left to repair.
    pub(super) fn after_commits(
        &mut self,
        calls: &Calls,
        first_pass: &[PreemptionPoint],
        held: &[usize],
    ) -> Result<Next> {
        let mut alone = match self.before(calls)? {
            Before::Done(execution) => *execution,
            Before::NotDone => return Ok(Next::Late),
        };
        alone.start(VICTIM, calls.victim)?;
        if alone.run(&[VICTIM], None, self.soon())? != Pause::Ended {
            return Ok(Next::Late);
        }
        let points = alone.points_of(VICTIM).to_vec();
        drop(alone);
        let held = first_pass.iter().filter(|point| held.contains(&point.number));
        let held: Vec<Place> = held.map(|point| place(point, first_pass)).collect();
        let is_last = |point: &PreemptionPoint| (self.wording.protects)(&point.operation);
        let last = points.iter().rposition(is_last).unwrap_or(points.len());
        for point in groups(&points[..points.len().min(last + 1)]).into_iter().flatten() {
            if !held.is_empty() && !held.contains(&place(&point, &points)) {
                continue;
            }
            let next = self.at_after_commits(calls, point.number)?;
            if next != Next::GoesOn {
                return Ok(next);
            }
        }
        Ok(Next::GoesOn)
    }

    /// Lets the first processes do their work, one after the other.
    fn before(&self, calls: &Calls) -> Result<Before<'l>> {
        if Instant::now() + self.time >= self.fixture.deadline() {
            return Ok(Before::NotDone);
        }
        let mut execution = Execution::new(self.fixture, self.scenario.file.as_deref())?;
        for (actor, arguments) in calls.before.into_iter().enumerate() {
            execution.start(actor, arguments)?;
            execution.run_alone(actor, self.soon(), RunMode::Free)?;
            if execution.ending(actor) != Some(Ending::Exited(0)) {
                return Ok(Before::NotDone);
            }
        }
        Ok(Before::Done(Box::new(execution)))
    }

    fn at_after_commits(&mut self, calls: &Calls, number: usize) -> Result<Next> {
        let at = self.up_to_the_kill_after_commits(calls, number)?;
        let kill = match self.killed(at) {
            Ok(kill) => kill,
            Err(next) => return Ok(next),
        };
        let Kill { mut execution, mut killed, .. } = *kill;
        let [first, last] = calls.after;
        let mut had_time = execution.finish(self.time, self.fixture.deadline())?;
        if had_time {
            look_at_end(&mut execution, OTHER, &one(first), self.time, &mut killed)?;
        }
        if had_time && killed.is_well() {
            killed.later = 1;
            execution.start(OTHER, last)?;
            execution.note_begins(OTHER, last);
            had_time = execution.finish(self.time, self.fixture.deadline())?;
            if had_time {
                look_at_end(&mut execution, OTHER, &one(last), self.time, &mut killed)?;
            }
        }
        self.keep(execution, killed, had_time)
    }

    fn up_to_the_kill_after_commits(&self, calls: &Calls, number: usize) -> Result<At<'l>> {
        let Before::Done(execution) = self.before(calls)? else { return Ok(At::Late) };
        let mut execution = *execution;
        let committed = self.fixture.file()?.unwrap_or_default();
        for (actor, arguments) in [(VICTIM, calls.victim), (OTHER, calls.after[0])] {
            execution.start(actor, arguments)?;
            execution.note_begins(actor, arguments);
        }
        let soon = self.soon();
        let pause = execution.run(&[VICTIM], Some(Preemption { number, after: false }), soon)?;
        let words = Vocabulary::of(self.wording.names);
        let mut killed = Killed::before(last_stop(execution.trace(), VICTIM, words));
        if pause != Pause::Arrived {
            return not_arrived(&mut execution, killed, pause);
        }
        let left = self.fixture.file()?.unwrap_or_default();
        killed.commits = Some(Commits { committed, left });
        killed.waited = matches!(execution.run(&[OTHER], None, soon)?, Pause::Blocked(_));
        execution.kill(VICTIM)?;
        Ok(At::Killed(Box::new(Kill { execution, killed, waited_at: 0 })))
    }
}

/// What a point is, and how many more of this kind follow. A process may begin with the making of a lock or without it;
/// its end is the same.
type Place = (Kind, usize);

/// What a point is, wherever in memory the program lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A store of so many bytes at this place in the file.
    Store(u64, usize),
    Call(CallKind),
}

fn kind(operation: &Operation) -> Kind {
    match operation {
        Operation::Store { offset, size, .. } => Kind::Store(*offset, *size),
        Operation::Call(call) => Kind::Call(*call),
    }
}

fn place(point: &PreemptionPoint, points: &[PreemptionPoint]) -> Place {
    let kind_of_point = kind(&point.operation);
    let is_later = |other: &&PreemptionPoint| {
        other.number > point.number && kind(&other.operation) == kind_of_point
    };
    (kind_of_point, points.iter().filter(is_later).count())
}
