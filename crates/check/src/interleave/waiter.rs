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
    let processor = used();
    // On a busy machine it gets less of the processor than it wants: the time that it stood in the
    // queue for one is no time at all. Four seconds are enough for anybody.
    const LOOK: Duration = Duration::from_millis(50);
    const MOST: Duration = Duration::from_secs(4);
    let (began, queued) = (Instant::now(), time_in_queue(waits));
    let processor = loop {
        world.wait_and_see(1, Instant::now() + LOOK, true)?;
        let processor = Duration::from_nanos(used().saturating_sub(processor));
        let lost = time_in_queue(waits).saturating_sub(queued);
        let over = began.elapsed().saturating_sub(lost) >= stands || began.elapsed() >= MOST;
        if over || processor > stands / 2 {
            break processor;
        }
    };
    // Once more, to count its calls, which costs more processor time than they do.
    let before = world.calls(1);
    world.wait_and_see(1, Instant::now() + stands, false)?;
    let calls = world.calls(1) - before;
    world.finish(Instant::now() + PATIENCE)?;
    let ended = world.ending(1) == Some(Ending::Exited(0)) && family.breach().is_none();
    for side in 0..2 {
        world.kill(side)?;
    }
    Ok(Some(Cost { processor, calls, ended }))
}

/// How long a process has waited for a processor, as far as the kernel tells.
fn time_in_queue(process: Pid) -> Duration {
    let told = std::fs::read_to_string(format!("/proc/{process}/schedstat")).unwrap_or_default();
    let nanoseconds = told.split(' ').nth(1).and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_default())
}
