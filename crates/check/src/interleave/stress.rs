//! Where nothing can be traced: the same scenes, with a window opened by SIGSTOP at many moments.
//!
//! One process is stopped wherever it happens to be, the other runs to its end or for a while, and
//! the first goes on. Many moments make an error likely to show; nothing makes it sure. The report
//! says that such a verdict is weaker.

use std::fs;
use std::time::{Duration, Instant};

use common::{Context, Result};
use nix::poll::{PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::replay::{PATIENCE, Replay, Scene, Stage};
use super::schedule::Schedule;
use super::search::Judge;
use crate::exercises::Finding;
use crate::supervise::{Ending, Family, Output, Start, Stop};

/// At how many moments the first is stopped, spread over the time that it takes alone.
const MOMENTS: u32 = 60;
/// A step from one to another moment that meets all of them, and those far apart first.
const STRIDE: u32 = 37;
/// How long the second may run beside one that stands.
const WINDOW: Duration = Duration::from_millis(100);

/// Tries scenes at many moments, in turns.
///
/// # Errors
/// Faults of the judge.
pub fn stress(stage: &Stage, scenes: &[&Scene], judge: Judge) -> Result<Tried> {
    let mut sides = Vec::new();
    for scene in scenes {
        for first in 0..if scene.alike { 1 } else { 2 } {
            sides.push((*scene, first, alone(stage, scene, first)?));
        }
    }
    for round in 0..MOMENTS {
        for (scene, first, time) in &sides {
            if Instant::now() + PATIENCE >= stage.late {
                return Ok(Tried { rounds: round, wrong: None });
            }
            let moment = *time * (round * STRIDE % MOMENTS) / MOMENTS;
            let run = one(stage, scene, *first, moment)?;
            if let Some(finding) = judge(scene, &run) {
                return Ok(Tried { rounds: round, wrong: Some((scene.name, finding)) });
            }
        }
    }
    Ok(Tried { rounds: MOMENTS, wrong: None })
}

/// What was tried before something was wrong or the time was over.
pub struct Tried {
    /// How many moments of every scene.
    pub rounds: u32,
    /// In which scene something was wrong, and what.
    pub wrong: Option<(&'static str, Finding)>,
}

/// How long one side takes if the other does not run, up to the window.
fn alone(stage: &Stage, scene: &Scene, side: usize) -> Result<Duration> {
    stage.set(scene.file.as_deref())?;
    let mut family = Family::new(&stage.room, stage.limits, false)?;
    let mut pids = [Pid::from_raw(0); 2];
    let start = Start::new(stage.program, scene.arguments[side].iter().copied());
    pids[side] = family.start(&start)?;
    let began = Instant::now();
    watch(&mut family, pids, &mut [None; 2], WINDOW, 1)?;
    Ok(began.elapsed())
}

fn one(stage: &Stage, scene: &Scene, first: usize, moment: Duration) -> Result<Replay> {
    stage.set(scene.file.as_deref())?;
    let mut family = Family::new(&stage.room, stage.limits, false)?;
    let mut pids = [Pid::from_raw(0); 2];
    let mut endings = [None; 2];
    let start = |side: usize| Start::new(stage.program, scene.arguments[side].iter().copied());
    let second = 1 - first;
    pids[first] = family.start(&start(first))?;
    watch(&mut family, pids, &mut endings, moment, 1)?;
    let stopped = stranger_of(pids[first]);
    if let Some(pid) = stopped {
        let _ = kill(pid, Signal::SIGSTOP); // It may have ended: then there was no window.
    }
    pids[second] = family.start(&start(second))?;
    let wanted = 1 + usize::from(endings[first].is_some());
    watch(&mut family, pids, &mut endings, WINDOW, wanted)?;
    if let Some(pid) = stopped {
        let _ = kill(pid, Signal::SIGCONT);
    }
    watch(&mut family, pids, &mut endings, PATIENCE, 2)?;
    let breach = family.breach();
    let outputs = pids.map(|pid| family.outputs(pid));
    let [one, two]: [(Output, Output); 2] = outputs;
    Ok(Replay {
        schedule: Schedule::in_turn(scene.name, first),
        endings,
        printed: [one.0, two.0],
        complained: [one.1, two.1],
        file: stage.look(),
        events: Vec::new(),
        points: [Vec::new(), Vec::new()],
        arrived: false,
        second_turn: 0,
        second_waited: false,
        stuck: endings.iter().any(Option::is_none),
        cut: false,
        breach,
    })
}

/// Waits for so many to end, but no longer than `time`.
fn watch(
    family: &mut Family,
    pids: [Pid; 2],
    endings: &mut [Option<Ending>; 2],
    time: Duration,
    wanted: usize,
) -> Result<()> {
    let late = Instant::now() + time;
    while endings.iter().flatten().count() < wanted && Instant::now() < late {
        match family.wait_now()? {
            Some(Stop::Ended(pid, ending)) => {
                if let Some(side) = pids.iter().position(|of| *of == pid) {
                    endings[side] = Some(ending);
                }
            }
            Some(_) => {}
            None => {
                // Close to its end every moment counts; before, a look a millisecond is enough.
                let pause = u8::from(late > Instant::now() + Duration::from_millis(2));
                poll(&mut [], PollTimeout::from(pause)).step("poll")?;
            }
        }
    }
    Ok(())
}

/// The stranger itself: below the process that was started live its namespace's first and, below
/// that, the program.
fn stranger_of(pid: Pid) -> Option<Pid> {
    let mut last = pid;
    loop {
        let children = fs::read_to_string(format!("/proc/{last}/task/{last}/children")).ok()?;
        match children.split_whitespace().next_back().and_then(|child| child.parse().ok()) {
            Some(child) => last = Pid::from_raw(child),
            None => return (last != pid).then_some(last),
        }
    }
}
