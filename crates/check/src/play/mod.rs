//! "You are the scheduler": a person chooses which of two processes moves next, and tries to make a wrong
//! program go wrong. `just play N` runs the two processes under the tracer; the book shows the same
//! executions, recorded.

mod decisive;
mod locks;
mod moment;
mod race;
pub mod recording;
pub mod terminal;

pub use race::{Race, races};

use std::path::Path;
use std::time::{Duration, Instant};

use common::{Result, Scratch};
use explore::replay::ExecutionResult;
use explore::schedule::Schedule;
use explore::search::{PreemptionBound, search};
use explore::steps::Stepper;
use sandbox::WorkDirectory;
use tracer::Limits;

use crate::fixture::SandboxedFixture;
use crate::verdict::Finding;

/// How long one execution, or the search for a wrong one, may take.
const MOST: Duration = Duration::from_secs(60);

/// Where the executions of one race run.
pub struct RaceFixture<'r> {
    race: &'r Race,
    program: &'r Path,
    scratch: &'r Scratch,
}

impl<'r> RaceFixture<'r> {
    /// The fixture of this race, whose program has been built.
    #[must_use]
    pub fn new(race: &'r Race, program: &'r Path, scratch: &'r Scratch) -> Self {
        Self { race, program, scratch }
    }

    /// A place for two processes, in a work directory of its own. If the executions are told, `loads` has each
    /// load from FILE noted.
    fn fixture(&self, loads: bool) -> Result<SandboxedFixture<'r>> {
        let work_directory = WorkDirectory::new(self.scratch, "play")?;
        let (limits, deadline) = (Limits::default(), Instant::now() + MOST);
        Ok(SandboxedFixture {
            program: self.program,
            work_directory,
            limits,
            deadline,
            for_a_page: false,
            loads,
        })
    }

    /// Two new processes. If the player can kill A, both have come to their first point, so that there are
    /// fewer orders.
    fn stepper<'f>(&self, fixture: &'f SandboxedFixture<'_>) -> Result<Stepper<'f>> {
        let mut stepper = Stepper::new(fixture, &self.race.scenario)?;
        if self.race.kills {
            stepper.step(0)?;
            stepper.step(1)?;
        }
        Ok(stepper)
    }

    /// What is wrong in an execution, in the judge's words.
    fn wrong(&self, result: &ExecutionResult) -> Option<Finding> {
        (self.race.judge)(&self.race.scenario, result)
    }

    /// The first wrong execution that the judge finds: it tries few and early stops first. If the player can
    /// kill A, it kills A just before each of its steps.
    fn shortest(&self) -> Result<Option<Shortest>> {
        if self.race.kills {
            return self.shortest_with_a_kill();
        }
        let scenario = &self.race.scenario;
        let searched = self.fixture(false)?; // The search is faster without the loads.
        let found = search(&searched, scenario, PreemptionBound::TwoStops, self.race.judge)?;
        let Some((ExecutionResult { schedule, .. }, finding)) = found.wrong else {
            return Ok(None);
        };
        drop(searched);
        let fixture = self.fixture(true)?;
        let mut stepper = Stepper::new(&fixture, scenario)?;
        stepper.follow(&schedule)?;
        let moves = stepper.steps().iter().map(|step| step.actor).collect();
        Ok(Some(Shortest { schedule, finding, moves }))
    }

    /// A makes some steps, B goes on until it waits, A is killed, and B goes on.
    fn shortest_with_a_kill(&self) -> Result<Option<Shortest>> {
        let fixture = self.fixture(true)?;
        for steps in 0.. {
            let mut stepper = self.stepper(&fixture)?;
            let mut moves = Vec::new();
            for _ in 0..steps {
                if !stepper.can_move(0) {
                    return Ok(None); // A has ended, and was killed before each of its steps.
                }
                stepper.step(0)?;
                moves.push(0);
            }
            for mover in [1, KILL, 1] {
                while can_move(&stepper, self.race, mover) {
                    moved(&mut stepper, mover)?;
                    moves.push(mover);
                }
            }
            let result = stepper.finish()?;
            if let Some(finding) = self.wrong(&result) {
                return Ok(Some(Shortest { schedule: result.schedule, finding, moves }));
            }
        }
        Ok(None)
    }
}

/// The player's moves: 0 is a turn of A, 1 is a turn of B, and this one kills A.
const KILL: usize = 2;

/// Can the player make this move now?
fn can_move(stepper: &Stepper<'_>, race: &Race, mover: usize) -> bool {
    match mover {
        KILL => race.kills && stepper.lives(0),
        actor => stepper.can_move(actor),
    }
}

/// Makes this move.
fn moved(stepper: &mut Stepper<'_>, mover: usize) -> Result<()> {
    match mover {
        KILL => stepper.kill(0),
        actor => stepper.step(actor),
    }
}

/// What came of a race, in a sentence or two.
fn verdict(finding: Option<&Finding>) -> String {
    match finding {
        Some(Finding { expected, actual, .. }) => {
            format!("It went wrong. Expected: {expected}. Seen: {actual}.")
        }
        None => "Nothing went wrong in this order. Try another one.".into(),
    }
}

/// What the text of a schedule means.
fn in_words(schedule: &Schedule) -> String {
    format!(
        "{}. A point is a place where a process may be stopped: a store, or a call such as an open, a lock or an \
         output.",
        schedule.in_words()
    )
}

/// The judge's shortest wrong execution.
struct Shortest {
    schedule: Schedule,
    finding: Finding,
    /// Which process has each turn; [`KILL`] where A is killed.
    moves: Vec<usize>,
}
