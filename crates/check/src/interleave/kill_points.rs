//! A process is killed just before each of its points, while another waits for it or comes after.

use std::io;
use std::time::{Duration, Instant};

use super::event::{Act, What};
use super::replay::{Scene, Stage};
use super::schedule::Schedule;
use super::search::groups;
use super::table::{Names, table_of};
use super::world::{Pause, Stop, World};
use crate::supervise::{Ending, Family, Start};

/// What came of one kill.
pub struct Killed {
    /// What the victim was about to do.
    pub before: String,
    /// Who had not finished in time.
    pub stuck: Option<String>,
    /// Who failed, and how.
    pub failed: Option<String>,
    /// Was there one that began after the kill?
    pub last: bool,
    /// FILE's bytes in the end.
    pub file: Option<Vec<u8>>,
    /// What happened.
    pub table: Vec<String>,
}

/// Kills `victim` at each of its points, one run each. The first of the others runs until it ends
/// or
/// waits, before the kill; the second comes after, if the first did not wait. Ends at the first run
/// in
/// which somebody is stuck. Whether there was too little time for all.
///
/// # Errors
/// Those of starting and following processes.
pub fn kill_points(
    stage: &Stage,
    file: &[u8],
    victim: &'static [&'static str],
    others: [&'static [&'static str]; 2],
    time: Duration,
    names: Names,
) -> io::Result<(Vec<Killed>, bool)> {
    let scene = Scene {
        name: "kill",
        arguments: [victim, others[0]],
        file: Some(file.into()),
        alike: true,
    };
    let system = |failure: common::Failure| io::Error::other(failure.to_string());
    let alone = stage.replay(&scene, Schedule::in_turn("kill", 0)).map_err(system)?;
    let mut all = Vec::new();
    for point in groups(&alone.points[0]).into_iter().flatten() {
        // Whoever hangs must have its time before the check's is over.
        if Instant::now() + time >= stage.late {
            return Ok((all, true));
        }
        let killed = kill_at(stage, &scene, point.number, others[1], time, names)?;
        let over = killed.as_ref().is_some_and(|killed| killed.stuck.is_some());
        all.extend(killed);
        if over {
            break;
        }
    }
    Ok((all, false))
}

fn kill_at(
    stage: &Stage,
    scene: &Scene,
    number: usize,
    last: &'static [&'static str],
    time: Duration,
    names: Names,
) -> io::Result<Option<Killed>> {
    let system = |failure: common::Failure| io::Error::other(failure.to_string());
    stage.set(scene.file.as_deref()).map_err(system)?;
    let mut family = Family::new(&stage.room, stage.limits, true).map_err(system)?;
    let mut world = World::new(stage.room.path())?;
    for (side, arguments) in scene.arguments.iter().enumerate() {
        let start = Start::new(stage.program, arguments.iter().copied());
        world.admit(side, family.start(&start).map_err(system)?)?;
    }
    let (victim, other) = (0, 1);
    let soon = Instant::now() + time;
    if world.run(&[victim], Some(Stop { number, after: false }), soon)? != Pause::Arrived {
        return Ok(None); // It came another way this time, and ended.
    }
    let before = world.last_stop(victim, names);
    let waited = matches!(world.run(&[other], None, soon)?, Pause::Blocked(_));
    world.kill(victim)?;
    let mut killed =
        Killed { before, stuck: None, failed: None, last: false, file: None, table: Vec::new() };
    let mut who = scene.arguments[1].join(" ");
    world.finish(Instant::now() + time)?;
    let mut ending = world.ending(other);
    if !waited && !world.lives(other) && ending == Some(Ending::Exited(0)) {
        // It was through before the kill: the next one meets what the dead has left.
        killed.last = true;
        who = last.join(" ");
        let start = Start::new(stage.program, last.iter().copied());
        world.admit(other, family.start(&start).map_err(system)?)?;
        world.finish(Instant::now() + time)?;
        ending = world.ending(other);
    }
    let breach = family.breach();
    if world.lives(other) || breach.is_some() {
        killed.stuck = Some(format!("`{who}`"));
        world.note(other, What::Blocked("has not come to its end"));
        world.kill(other)?;
    } else if ending != Some(Ending::Exited(0)) {
        let how = ending.map_or("is gone".into(), |ending| ending.to_string());
        killed.failed = Some(format!("`{who}`: {how}"));
    }
    killed.file = stage.look();
    killed.table = table_of(scene, &world.into_record().0, names);
    Ok(Some(killed))
}

/// Is this point a store to the bytes from `from` to `to`?
#[must_use]
pub fn stores_in(act: &Act, from: u64, to: u64) -> bool {
    matches!(act, Act::Store { offset, .. } if (from..to).contains(offset))
}
