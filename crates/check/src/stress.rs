//! Where nothing can be traced: the same scenarios, with a window opened by SIGSTOP at many moments.
//!
//! One process is stopped wherever it happens to be, the other runs to its end or for a while, and
//! the first goes on. Many moments make an error likely to show; nothing makes it sure. The report
//! says that such a verdict is weaker.

use std::io;
use std::time::{Duration, Instant};

use common::{Context, Result};
use explore::replay::{ExecutionResult, PATIENCE, Scenario};
use explore::schedule::Schedule;
use explore::search::Invariant;
use nix::poll::{PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sandbox::{Sandbox, Start};
use tracer::{Ending, MECHANISM, Stop, Waited, children};

use crate::fixture::SandboxedFixture;
use crate::verdict::Finding;

/// At how many moments the first is stopped, spread over the time that it takes alone.
const MOMENTS: u32 = 60;
/// A step from one to another moment that meets all of them, and those far apart first.
const STRIDE: u32 = 37;
/// How long the second may run beside one that stands.
const WINDOW: Duration = Duration::from_millis(100);

/// Tries scenarios at many moments, in turns.
///
/// # Errors
/// Faults of the judge.
pub fn stress(
    fixture: &SandboxedFixture,
    scenarios: &[&Scenario],
    invariant: Invariant<Finding>,
) -> Result<Tried> {
    let mut starts = Vec::new();
    for scenario in scenarios {
        for first in 0..if scenario.symmetric { 1 } else { 2 } {
            starts.push((*scenario, first, time_alone(fixture, scenario, first)?));
        }
    }
    for round in 0..MOMENTS {
        for (scenario, first, time) in &starts {
            if Instant::now() + PATIENCE >= fixture.deadline {
                return Ok(Tried { rounds: round, wrong: None });
            }
            let moment = *time * (round * STRIDE % MOMENTS) / MOMENTS;
            let run = one(fixture, scenario, *first, moment)?;
            if let Some(finding) = invariant(scenario, &run) {
                return Ok(Tried { rounds: round, wrong: Some((scenario.name, run, finding)) });
            }
        }
    }
    Ok(Tried { rounds: MOMENTS, wrong: None })
}

/// What was tried before something was wrong or the time was over.
pub struct Tried {
    /// How many moments of every scenario.
    pub rounds: u32,
    /// In which scenario something was wrong, in which run, and what.
    pub wrong: Option<(&'static str, ExecutionResult, Finding)>,
}

/// How long one actor takes if the other does not run, up to the window.
fn time_alone(fixture: &SandboxedFixture, scenario: &Scenario, actor: usize) -> Result<Duration> {
    fixture.set(scenario.file.as_deref())?;
    let mut sandbox = Sandbox::new(&fixture.work_directory, fixture.limits, false)?;
    let mut pids = [Pid::from_raw(0); 2];
    let start = Start::new(fixture.program, scenario.arguments[actor].iter().copied());
    pids[actor] = sandbox.start(&start)?;
    let began = Instant::now();
    wait_for_ends(&mut sandbox, pids, &mut [None; 2], WINDOW, 1)?;
    Ok(began.elapsed())
}

fn one(
    fixture: &SandboxedFixture,
    scenario: &Scenario,
    first: usize,
    moment: Duration,
) -> Result<ExecutionResult> {
    fixture.set(scenario.file.as_deref())?;
    let mut sandbox = Sandbox::new(&fixture.work_directory, fixture.limits, false)?;
    let mut pids = [Pid::from_raw(0); 2];
    let (mut endings, began) = ([None; 2], Instant::now());
    let start =
        |actor: usize| Start::new(fixture.program, scenario.arguments[actor].iter().copied());
    let second = 1 - first;
    pids[first] = sandbox.start(&start(first))?;
    wait_for_ends(&mut sandbox, pids, &mut endings, moment, 1)?;
    let stopped = program_of(pids[first]).step("find the program's process")?;
    if let Some(pid) = stopped {
        let _ = kill(pid, Signal::SIGSTOP); // It may have ended: then there was no window.
    }
    pids[second] = sandbox.start(&start(second))?;
    let wanted = 1 + usize::from(endings[first].is_some());
    wait_for_ends(&mut sandbox, pids, &mut endings, WINDOW, wanted)?;
    if let Some(pid) = stopped {
        let _ = kill(pid, Signal::SIGCONT);
    }
    wait_for_ends(&mut sandbox, pids, &mut endings, PATIENCE, 2)?;
    let limit_exceeded = sandbox.limit_exceeded()?;
    let [(stdout_of_one, stderr_of_one), (stdout_of_two, stderr_of_two)] =
        pids.map(|pid| sandbox.outputs(pid));
    Ok(ExecutionResult {
        took: began.elapsed(),
        schedule: Schedule::in_turn(scenario.name, first),
        endings,
        stdout: [stdout_of_one.bytes, stdout_of_two.bytes],
        stderr: [stderr_of_one.bytes, stderr_of_two.bytes],
        file: fixture.look()?,
        pages_at_start: None,
        events: Vec::new(),
        points: [Vec::new(), Vec::new()],
        arrived: false,
        second_arrived: false,
        second_turn: 0,
        second_waited: false,
        timeouts: Vec::new(),
        stuck: endings.iter().any(Option::is_none),
        cut: false,
        limit_exceeded,
    })
}

/// Waits for so many to end, but no longer than `time`.
fn wait_for_ends(
    sandbox: &mut Sandbox,
    pids: [Pid; 2],
    endings: &mut [Option<Ending>; 2],
    time: Duration,
    wanted: usize,
) -> Result<()> {
    let late = Instant::now() + time;
    while endings.iter().flatten().count() < wanted && Instant::now() < late {
        match sandbox.tree().wait_or_tick(false).step(MECHANISM)? {
            Waited::Stop(Stop::Exited(pid, ending)) => {
                if let Some(actor) = pids.iter().position(|of| *of == pid) {
                    endings[actor] = Some(ending);
                }
            }
            Waited::Stop(_) => {}
            Waited::Tick | Waited::Empty => {
                // Close to its end every moment counts; before, a look a millisecond is enough.
                let pause = u8::from(late > Instant::now() + Duration::from_millis(2));
                poll(&mut [], PollTimeout::from(pause)).step("poll")?;
            }
        }
    }
    Ok(())
}

/// The program itself: below the process that was started live its namespace's first and, below
/// that, the program. `None` if it has ended.
fn program_of(pid: Pid) -> io::Result<Option<Pid>> {
    let mut last = pid;
    loop {
        match children(last, last)?.pop() {
            Some(child) => last = child,
            None => return Ok((last != pid).then_some(last)),
        }
    }
}
