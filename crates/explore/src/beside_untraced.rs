//! An actor stands still before a store while an untraced process runs beside it.
//!
//! A program can find out that it is traced, and take a lock only then. Then the untraced process takes no lock, and
//! runs between the load and the store of the traced one. Whatever is lost then can also be lost by two real processes.

use std::time::{Duration, Instant};

use common::Result;
use tracer::{Came, Ending, LimitExceeded, Untraced};

use crate::Fixture;
use crate::execution::{Execution, Pause, RunMode};
use crate::replay::{PATIENCE, come_alone};
use crate::schedule::Preemption;
use crate::trace::Operation;
use crate::words::{Names, Vocabulary, last_stop};

/// Where the actor stands still, and the words for it.
#[derive(Clone, Copy)]
pub struct Standpoint {
    /// It stands before the first of these operations.
    pub before: fn(&Operation) -> bool,
    /// What the places in FILE are called.
    pub names: Names,
    /// An untraced process that uses more CPU time than this spins in a loop.
    pub spins_after: Duration,
}

/// How a run of an actor with an untraced process beside it ended.
#[derive(Debug)]
pub enum Beside {
    /// Both have ended, or a limit was exceeded.
    Over(Over),
    /// The actor did not come to such an operation.
    NoStand,
    /// One of the two processes was too slow: nothing is known.
    Late,
}

/// How the actor and the untraced process ended.
#[derive(Debug)]
pub struct Over {
    /// What the actor was about to do when the untraced process started.
    pub stood_before: String,
    /// How long the actor stood there, by the clock, while the untraced process ran or waited.
    pub stood: Duration,
    /// How the actor ended.
    pub actor: Option<Ending>,
    /// Have both succeeded?
    pub succeeded: bool,
    /// The limit for which both were killed.
    pub limit_exceeded: Option<LimitExceeded>,
    /// What both wrote to standard error.
    pub complaint: Vec<u8>,
    /// FILE's bytes in the end.
    pub file: Option<Vec<u8>>,
}

/// The number of the preemption point at which an actor would stand still, found by a run without the other process.
/// `None`: the actor comes to no such operation, or not in time.
///
/// # Errors
/// Those of starting and following processes.
pub fn point_number(
    fixture: &dyn Fixture,
    file: &[u8],
    arguments: &[&str],
    stand: Standpoint,
) -> Result<Option<usize>> {
    let mut execution = Execution::new(fixture, Some(file))?.without_call_reports();
    execution.start(0, arguments)?;
    come_alone(&mut execution, 0, None, Instant::now() + PATIENCE)?;
    let point = execution.points_of(0).iter().find(|point| (stand.before)(&point.operation));
    Ok(point.map(|point| point.number))
}

/// Stops an actor before its `number`th preemption point, lets the untraced process run until it has ended or waits,
/// and then lets both run to their end.
///
/// # Errors
/// Those of starting and following processes.
pub fn beside_untraced(
    fixture: &dyn Fixture,
    file: &[u8],
    arguments: &[&str],
    number: usize,
    stand: Standpoint,
) -> Result<Beside> {
    let mut execution = Execution::new(fixture, Some(file))?.without_call_reports();
    execution.start(0, arguments)?;
    let stop = Some(Preemption { number, after: false });
    let pause = come_alone(&mut execution, 0, stop, Instant::now() + PATIENCE)?;
    if pause != Pause::Arrived || !execution.last_operation(0).is_some_and(stand.before) {
        return Ok(Beside::NoStand); // It took another path this time.
    }
    let stood_before = last_stop(execution.trace(), 0, Vocabulary::of(stand.names));
    let came = Instant::now();
    let other = execution.start_untraced()?;
    let latest = fixture.deadline();
    let mut process = Untraced::new(other.pid, stand.spins_after);
    let how_far = execution.look_on(&mut process, latest)?;
    let stood = came.elapsed();
    let mut limit_exceeded = execution.limit_exceeded()?;
    if how_far == Came::Works && limit_exceeded.is_none() {
        return Ok(Beside::Late);
    }
    execution.run_alone(0, latest, RunMode::Free)?;
    let ending = execution.wait_for_all(other, latest)?;
    limit_exceeded = limit_exceeded.or(execution.limit_exceeded()?);
    if ending.is_none() && limit_exceeded.is_none() {
        return Ok(Beside::Late);
    }
    let [_, complaint] = execution.outputs(0);
    Ok(Beside::Over(Over {
        stood_before,
        stood,
        actor: execution.ending(0),
        succeeded: ending == Some(Ending::Exited(0)),
        limit_exceeded,
        complaint,
        file: fixture.file()?,
    }))
}
