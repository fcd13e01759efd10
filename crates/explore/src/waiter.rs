//! What a process costs while it waits for one that stands still.

use std::time::{Duration, Instant};

use common::{Context, Result};
use nix::unistd::Pid;
use tracer::Ending;

use crate::Fixture;
use crate::blocking::processor_time;
use crate::execution::{Execution, Pause, RunMode};
use crate::replay::{PATIENCE, Scenario};
use crate::schedule::Preemption;

/// What a waiter used.
#[derive(Debug)]
pub struct Cost {
    /// Processor time.
    pub processor: Duration,
    /// System calls.
    pub calls: u64,
    /// Did it come to its end, once the other had gone on?
    pub ended: bool,
}

/// Stops the first before one of its points for a time, while the second waits; `None` if it does
/// not wait.
///
/// # Errors
/// Those of starting and following processes.
pub fn waiter(
    fixture: &dyn Fixture,
    scenario: &Scenario,
    number: usize,
    stands: Duration,
) -> Result<Option<Cost>> {
    let mut execution = Execution::new(fixture, scenario.file.as_deref())?;
    let mut waits = Pid::from_raw(0);
    for (actor, arguments) in scenario.arguments.iter().enumerate() {
        waits = execution.start(actor, arguments)?;
    }
    let deadline = Instant::now() + PATIENCE;
    if execution.run(&[0], Some(Preemption { number, after: false }), deadline)? != Pause::Arrived {
        return Ok(None);
    }
    let Pause::Blocked(_) = execution.run(&[1], None, deadline)? else {
        return Ok(None);
    };
    // It has begun to wait: what it used to get here does not count.
    // A process whose time cannot be looked at is not taken for one that rests.
    let used = || {
        processor_time(waits)
            .ok_or(std::io::ErrorKind::NotFound)
            .step("look at the CPU time of the process that waits")
    };
    let processor = used()?;
    // On a busy machine it gets less of the processor than it wants: the time that it stood in the
    // queue for one is no time at all. Four seconds are enough for anybody.
    const LOOK: Duration = Duration::from_millis(50);
    const MOST: Duration = Duration::from_secs(4);
    let (began, queued) = (Instant::now(), time_in_queue(waits));
    let processor = loop {
        execution.run_alone(1, Instant::now() + LOOK, RunMode::Free)?;
        let processor = Duration::from_nanos(used()?.saturating_sub(processor));
        let lost = time_in_queue(waits).saturating_sub(queued);
        let over = began.elapsed().saturating_sub(lost) >= stands || began.elapsed() >= MOST;
        if over || processor > stands / 2 {
            break processor;
        }
    };
    // Once more, to count its calls, which costs more processor time than they do.
    let before = execution.calls(1);
    execution.run_alone(1, Instant::now() + stands, RunMode::Patient)?;
    let calls = execution.calls(1) - before;
    execution.finish(Instant::now() + PATIENCE)?;
    let ended =
        execution.ending(1) == Some(Ending::Exited(0)) && execution.limit_exceeded().is_none();
    for actor in 0..2 {
        execution.kill(actor)?;
    }
    Ok(Some(Cost { processor, calls, ended }))
}

/// How long a process has waited for a processor, as far as the kernel tells.
fn time_in_queue(process: Pid) -> Duration {
    let told = std::fs::read_to_string(format!("/proc/{process}/schedstat")).unwrap_or_default();
    let nanoseconds = told.split(' ').nth(1).and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}
