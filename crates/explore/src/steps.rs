//! An execution step by step: whoever uses it chooses which of the two processes moves next. A step leads
//! a process from just before one of its preemption points to just before its next one, to its end, or to
//! where it cannot go on alone.

use std::ops::Range;
use std::time::Instant;

use common::{Context, Result};

use crate::Fixture;
use crate::execution::{Execution, Pause};
use crate::operations::CallKind;
use crate::replay::{ExecutionResult, PATIENCE, Replay, Scenario, conclude};
use crate::schedule::{Preemption, Schedule};
use crate::trace::{Event, EventKind, Operation};

/// One step of one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which of the two moved.
    pub actor: usize,
    /// Its events in the trace.
    pub events: Range<usize>,
    /// Where it arrived: the number of the preemption point. `None`: it ended, or cannot go on alone.
    arrived: Option<usize>,
}

/// Two processes that move step by step.
pub struct Stepper<'l> {
    fixture: &'l dyn Fixture,
    name: &'static str,
    has_file: bool,
    execution: Execution<'l>,
    steps: Vec<Step>,
    /// Which of the two cannot go on until the other has moved.
    waits: [bool; 2],
}

impl<'l> Stepper<'l> {
    /// Starts both processes. Neither has made a step.
    ///
    /// # Errors
    /// Those of starting processes.
    pub fn new(fixture: &'l dyn Fixture, scenario: &Scenario) -> Result<Self> {
        let mut execution = Execution::new(fixture, scenario.file.as_deref())?;
        for (actor, arguments) in scenario.arguments.iter().enumerate() {
            execution.start(actor, arguments)?;
        }
        Ok(Self {
            fixture,
            name: scenario.name,
            has_file: scenario.file.is_some(),
            execution,
            steps: Vec::new(),
            waits: [false; 2],
        })
    }

    /// Has this process neither ended nor been killed?
    #[must_use]
    pub fn lives(&self, actor: usize) -> bool {
        self.execution.lives(actor)
    }

    /// Can this process make a step? Not if it has ended; not if it waits, and the other has not moved since; and
    /// not if it sleeps in the kernel, and nobody has woken it.
    #[must_use]
    pub fn can_move(&self, actor: usize) -> bool {
        self.execution.lives(actor) && !self.waits[actor]
    }

    /// Can neither of them move?
    #[must_use]
    pub fn is_over(&self) -> bool {
        !self.can_move(0) && !self.can_move(1)
    }

    /// Does this process wait for the other one?
    #[must_use]
    pub fn waits(&self, actor: usize) -> bool {
        self.execution.lives(actor) && self.waits[actor]
    }

    /// Lets a process make a step. If FILE was there at the start, opening it is part of a step.
    ///
    /// # Errors
    /// Those of following processes; that the process does not come to the end of its step in time.
    pub fn step(&mut self, actor: usize) -> Result<()> {
        let began = self.execution.trace().len();
        let arrived = loop {
            let number = self.execution.points(actor) + 1;
            let stop = Some(Preemption { number, after: false });
            let (end, latest) = (Instant::now() + PATIENCE, self.fixture.deadline());
            match self.execution.run_patiently(actor, stop, end, latest)? {
                Pause::Arrived if self.opens(actor) => {}
                Pause::Arrived => break Some(number),
                Pause::Ended => break None,
                Pause::Blocked(_) => {
                    self.waits[actor] = true;
                    break None;
                }
                Pause::TimeUp => {
                    let late = std::io::Error::from(std::io::ErrorKind::TimedOut);
                    return Err(late).step("wait for a process to come to its next step");
                }
            }
        };
        let events = began..self.execution.trace().len();
        if self.events_of(&events).iter().any(is_progress) {
            self.look_again(1 - actor)?;
        }
        self.steps.push(Step { actor, events, arrived });
        Ok(())
    }

    /// Kills a process where it is, with SIGKILL: what it was about to store is not stored. That is a step, too.
    ///
    /// # Errors
    /// Those of following processes.
    pub fn kill(&mut self, actor: usize) -> Result<()> {
        let began = self.execution.trace().len();
        self.execution.kill(actor)?;
        self.look_again(1 - actor)?; // The kernel may have given back what it held.
        self.steps.push(Step { actor, events: began..self.execution.trace().len(), arrived: None });
        Ok(())
    }

    /// The other process has moved. If this one has waited, it can go on, unless it still sleeps in the kernel:
    /// whoever wakes a process does so before the call that wakes it returns.
    fn look_again(&mut self, actor: usize) -> Result<()> {
        if self.waits(actor) {
            self.execution.wait_for_locks_of_the_dead(actor)?;
        }
        self.waits[actor] = self.waits(actor) && self.execution.sleeps_until_woken(actor)?;
        Ok(())
    }

    /// Has this process been killed?
    #[must_use]
    pub fn is_killed(&self, actor: usize) -> bool {
        let mut own = self.events().iter().filter(|event| event.actor == actor);
        own.any(|event| event.kind == EventKind::Killed)
    }

    /// Is the process about to open or size the FILE that was there at the start?
    fn opens(&self, actor: usize) -> bool {
        let next = self.execution.last_operation(actor);
        self.has_file && next == Some(&Operation::Call(CallKind::Change))
    }

    fn events_of(&self, range: &Range<usize>) -> &[Event] {
        self.execution.trace().get(range.clone()).unwrap_or_default()
    }

    /// The steps so far.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Everything that happened so far.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        self.execution.trace()
    }

    /// FILE's bytes now.
    ///
    /// # Errors
    /// FILE cannot be looked at.
    pub fn file(&self) -> Result<Option<Vec<u8>>> {
        self.fixture.file()
    }

    /// Makes the steps of a schedule, up to the end of both processes or up to where neither can go on.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub fn follow(&mut self, schedule: &Schedule) -> Result<()> {
        let actors = [schedule.first, schedule.second()];
        for (actor, stop) in actors.into_iter().zip(schedule.stops) {
            let is_there = |points: usize| stop.is_some_and(|stop| points >= stop.number);
            while self.can_move(actor) && !is_there(self.execution.points(actor)) {
                self.step(actor)?;
            }
        }
        while let Some(actor) = actors.into_iter().find(|actor| self.can_move(*actor)) {
            while self.can_move(actor) {
                self.step(actor)?;
            }
        }
        Ok(())
    }

    /// The schedule whose replay makes the same steps, if there is one: a schedule stops each process at
    /// most once.
    #[must_use]
    pub fn schedule(&self) -> Option<Schedule> {
        let turns: Vec<_> = self.steps.chunk_by(|one, next| one.actor == next.actor).collect();
        let arrived = |turn: &[Step]| turn.last().and_then(|step| step.arrived);
        let stop = |turn: usize| {
            let number = turns.get(turn).and_then(|turn| arrived(turn));
            number.map(|number| Preemption { number, after: false })
        };
        if turns.iter().skip(2).any(|turn| arrived(turn).is_some()) {
            return None;
        }
        let first = turns.first()?.first()?.actor;
        Some(Schedule { scenario: self.name.into(), first, stops: [stop(0), stop(1)] })
    }

    /// Ends the execution, and tells how it went. The processes that still live are killed.
    ///
    /// # Errors
    /// Those of following processes.
    pub fn finish(mut self) -> Result<ExecutionResult> {
        let stuck = self.execution.lives(0) || self.execution.lives(1);
        let works = stuck && !self.execution.is_deadlocked()? && self.execution.work(&[0, 1])?;
        // The text of a schedule has no room for more stops than two.
        let schedule = self.schedule().unwrap_or_else(|| Schedule::in_turn(self.name, 0));
        let second_turn = self.execution.points(schedule.second());
        let replay = Replay {
            arrived: true,
            second_arrived: true,
            second_turn,
            second_waited: false,
            stuck,
            cut: false,
        };
        conclude(self.execution, self.fixture, schedule, replay, works)
    }
}

/// Has something happened that the other process may have waited for?
fn is_progress(event: &Event) -> bool {
    match &event.kind {
        EventKind::Blocked(_) => false,
        look if look.is_look() => false,
        EventKind::Store { before, after, .. } => before != after,
        _ => true,
    }
}
