//! What a process costs while it waits for one that stands still.

use std::io;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::idle::processor_time;
use super::replay::{PATIENCE, Scene, Stage};
use super::world::{Pause, Stop, World};
use crate::supervise::{Ending, Family, Start};

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
    stage: &Stage,
    scene: &Scene,
    number: usize,
    stands: Duration,
) -> io::Result<Option<Cost>> {
    let system = |failure: common::Failure| io::Error::other(failure.to_string());
    stage.set(scene.file.as_deref()).map_err(system)?;
    let mut family = Family::new(&stage.room, stage.limits, true).map_err(system)?;
    let mut world = World::new(stage.room.path())?;
    let mut waits = Pid::from_raw(0);
    for (side, arguments) in scene.arguments.iter().enumerate() {
        let start = Start::new(stage.program, arguments.iter().copied());
        waits = family.start(&start).map_err(system)?;
        world.admit(side, waits)?;
    }
    let late = Instant::now() + PATIENCE;
    if world.run(&[0], Some(Stop { number, after: false }), late)? != Pause::Arrived {
        return Ok(None);
    }
    let Pause::Blocked(_) = world.run(&[1], None, late)? else {
        return Ok(None);
    };
    // It has begun to wait: what it used to get here does not count.
    let used = || processor_time(waits).unwrap_or_default();
    let (processor, calls) = (used(), world.calls(1));
    world.wait_and_see(1, Instant::now() + stands)?;
    let processor = Duration::from_nanos(used().saturating_sub(processor));
    let calls = world.calls(1) - calls;
    world.finish(Instant::now() + PATIENCE)?;
    let ended = world.ending(1) == Some(Ending::Exited(0)) && family.breach().is_none();
    for side in 0..2 {
        world.kill(side)?;
    }
    Ok(Some(Cost { processor, calls, ended }))
}
