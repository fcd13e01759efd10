//! One run of two processes by a schedule, from their first instruction to their end.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use common::{Context, Result};

use super::event::{Event, Point};
use super::schedule::Schedule;
use super::world::{Pause, World};
use crate::supervise::{Breach, Ending, Family, Limits, Output, Room, Start};

/// Two processes, and what they find.
pub struct Scene {
    /// As in a schedule's text.
    pub name: &'static str,
    /// How the two are called.
    pub arguments: [&'static [&'static str]; 2],
    /// The bytes of FILE at the start; none: there is no FILE.
    pub file: Option<Vec<u8>>,
    /// Both do the same: who begins makes no difference.
    pub alike: bool,
}

/// How a run by a schedule went.
#[derive(Debug)]
pub struct Replay {
    /// By which schedule.
    pub schedule: Schedule,
    /// How each of the two ended; `None`: it had to be killed.
    pub endings: [Option<Ending>; 2],
    /// What each printed.
    pub printed: [Output; 2],
    /// What each wrote to standard error.
    pub complained: [Output; 2],
    /// The bytes of FILE in the end.
    pub file: Option<Vec<u8>>,
    /// Everything that happened.
    pub events: Vec<Event>,
    /// The points of each.
    pub points: [Vec<Point>; 2],
    /// Did the one that began arrive where it was to be stopped?
    pub arrived: bool,
    /// How many points the second had passed when its first turn was over.
    pub second_turn: usize,
    /// Was its first turn over because it could not go on alone?
    pub second_waited: bool,
    /// Could neither go on in the end?
    pub stuck: bool,
    /// There was no time left for this run.
    pub cut: bool,
    /// A limit that was broken.
    pub breach: Option<Breach>,
}

/// Where the pairs run: one program, one room, which is emptied before each.
pub struct Stage<'a> {
    /// The program to be judged.
    pub program: &'a Path,
    /// Its directory.
    pub room: Room,
    /// Its limits.
    pub limits: Limits,
    /// When all must be over.
    pub late: Instant,
}

/// The most that both may need once nobody holds them up.
pub const PATIENCE: Duration = Duration::from_secs(6);

impl Stage<'_> {
    /// Empties the room and puts a scene's file there.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn set(&self, file: Option<&[u8]>) -> Result<()> {
        for name in self.room.names()? {
            let path = self.room.path().join(name);
            let is_directory = fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir());
            let gone =
                if is_directory { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            gone.step_on("remove", &path)?;
        }
        file.map_or(Ok(()), |bytes| self.room.write("FILE", bytes).map(drop))
    }

    /// FILE's bytes, if there is such a file; never more than a few pages.
    #[must_use]
    pub fn look(&self) -> Option<Vec<u8>> {
        const MOST: u64 = 1 << 16;
        let mut bytes = Vec::new();
        self.room.open("FILE").ok()?.take(MOST).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Runs a scene by a schedule.
    ///
    /// # Errors
    /// Faults of the judge: a process cannot be started or followed.
    pub fn replay(&self, scene: &Scene, schedule: Schedule) -> Result<Replay> {
        self.set(scene.file.as_deref())?;
        let mut family = Family::new(&self.room, self.limits, true)?;
        let mut world = World::new(self.room.path()).step("watch the scratch directory")?;
        let mut pids = Vec::new();
        for (side, arguments) in scene.arguments.iter().enumerate() {
            let start = Start::new(self.program, arguments.iter().copied());
            let pid = family.start(&start)?;
            world.admit(side, pid).step("follow the program")?;
            pids.push(pid);
        }
        let began = Instant::now();
        let late = self.late.min(began + PATIENCE);
        let Course { arrived, second_turn, second_waited, stuck } =
            play(&mut world, &schedule, late).step("ptrace")?;
        let cut = stuck && !world.is_stuck_for_ever() && began.elapsed() < PATIENCE;
        let mut endings = [world.ending(0), world.ending(1)];
        for (side, ending) in endings.iter_mut().enumerate() {
            if world.lives(side) {
                *ending = None;
                world.kill(side).step("kill the program")?;
            }
        }
        let breach = family.breach();
        let output = |index: usize| pids.get(index).map(|pid| family.outputs(*pid));
        let (one, two) = (output(0).unwrap_or_default(), output(1).unwrap_or_default());
        let (events, points) = world.into_record();
        Ok(Replay {
            schedule,
            endings,
            printed: [one.0, two.0],
            complained: [one.1, two.1],
            file: self.look(),
            events,
            points,
            arrived,
            second_turn,
            second_waited,
            stuck,
            cut,
            breach,
        })
    }
}

/// How a schedule's play went.
struct Course {
    arrived: bool,
    second_turn: usize,
    second_waited: bool,
    stuck: bool,
}

/// Plays a schedule to its end.
fn play(world: &mut World, schedule: &Schedule, late: Instant) -> std::io::Result<Course> {
    let (first, second) = (schedule.first, schedule.second());
    let arrived = world.run(&[first], schedule.stops[0], late)? == Pause::Arrived;
    let pause = world.run(&[second], schedule.stops[1], late)?;
    let second_waited = matches!(pause, Pause::Blocked(_));
    let second_turn = world.points(second);
    // From here on each goes on as far as it comes. Whoever is asleep in the kernel is woken by
    // what
    // the other does.
    let mut moved = true;
    while moved && (world.lives(first) || world.lives(second)) {
        moved = false;
        for side in [first, second] {
            let before = world.record_length();
            let pause = world.run(&[side], None, late)?;
            // To be blocked is one line; anything beside it is a step forward.
            moved |= pause == Pause::Ended && world.record_length() > before;
            moved |= world.record_length() > before + 1;
        }
    }
    if !world.is_stuck_for_ever() {
        world.finish(late)?;
    }
    let stuck = world.lives(first) || world.lives(second);
    Ok(Course { arrived, second_turn, second_waited, stuck })
}
