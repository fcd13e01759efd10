//! The crash matrix: what does the next process get after each primitive's holder has ended?
//! `cargo lesson-5` prints it; `cargo lesson-5 hold PRIMITIVE FILE` tries a cell by hand (`fork`
//! only with its input from a pipe).
//!
//! For every cell a process locks. Then it is killed, exits, runs another program, or forks and is
//! killed. Only when that is over does the next process try to lock. If the lock is busy, the next
//! process waits. Nothing else happens after that. So if the next process still waits after 200 ms,
//! nothing will end its wait while the other processes live as they do now.

use std::io;
use std::path::Path;
use std::time::Duration;

use common::{Context, Failure, Peer, Result, Scratch, Stage, say, sentence};

use crate::second_process::until_waiting_in;
use crate::semaphore_in_file::SemaphoreInFile;
use crate::sys::deadline_on;
use crate::{Attempt, Primitive};

/// What happens to the process that holds the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderEnd {
    /// It is killed with SIGKILL.
    Killed,
    /// It exits without unlocking.
    Exits,
    /// It runs another program (`exec`). Rust opens files close-on-exec, so `exec` closes them.
    Execs,
    /// It runs another program, and its files stay open.
    KeepsAndExecs,
    /// It forks, and is then killed; its child lives on.
    Forks,
}

impl HolderEnd {
    /// All of them, in the order of the columns.
    pub const ALL: [Self; 5] =
        [Self::Killed, Self::Exits, Self::Execs, Self::KeepsAndExecs, Self::Forks];

    /// Makes it happen to `holder`, and waits until it has happened. Once a killed holder is waited for,
    /// the kernel has released what it releases.
    ///
    /// # Errors
    /// Those of the step that failed.
    pub fn apply(self, holder: &mut Peer) -> Result<()> {
        match self {
            Self::Killed => drop(holder.kill()?),
            Self::Exits => {
                holder.tell("exit")?;
                holder.process.wait().step("wait for the holder")?;
            }
            Self::Execs => drop(holder.ask("exec")?), // It answers when the new program runs.
            Self::KeepsAndExecs => drop(holder.ask("keep-exec")?),
            Self::Forks => {
                holder.ask("fork")?;
                holder.kill()?;
            }
        }
        Ok(())
    }
}

/// What the next process gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It locks, and learns nothing of the holder's end.
    Locks,
    /// It locks, and is told that the holder died.
    LocksAndIsTold,
    /// It still waits at the deadline.
    StillWaits,
    /// It has to wait, and locks before the deadline.
    LocksLate,
}

impl Outcome {
    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Locks => "free",
            Self::LocksAndIsTold => "told",
            Self::StillWaits => "STUCK",
            Self::LocksLate => "late",
        }
    }
}

/// A row for each primitive, a cell for each of [`HolderEnd::ALL`].
///
/// # Errors
/// Those of the step that failed.
pub fn matrix(scratch: &Scratch) -> Result<Vec<(Primitive, [Outcome; 5])>> {
    let mut cells = Vec::new();
    for primitive in Primitive::ALL {
        for end in HolderEnd::ALL {
            let place = primitive.new_place(scratch, &format!("{end:?}"))?;
            let role = ["second", "hold", primitive.name()].map(Path::new);
            let mut holder = Peer::start(role.into_iter().chain([place.as_path()]))?;
            holder.hear()?;
            end.apply(&mut holder)?;
            let late = scratch.path().join(format!("late-{primitive}-{end:?}"));
            cells.push((holder, Next::start(*primitive, &place, &late)?)); // Its child lives on, too.
        }
    }
    let answers =
        cells.iter_mut().map(|(_, next)| next.process.hear()).collect::<Result<Vec<_>>>()?;
    let (clock, time) = (libc::CLOCK_MONOTONIC, Duration::from_millis(200));
    let deadline = deadline_on(clock, time).step("clock_gettime")?;
    let outcomes = (answers.iter().zip(&cells))
        .map(|(answer, (_, next))| next.outcome(answer, &deadline))
        .collect::<Result<Vec<_>>>()?;
    let (rows, _) = outcomes.as_chunks();
    Ok(Primitive::ALL.iter().copied().zip(rows.iter().copied()).collect())
}

/// The next process, and what it needs to report that it has locked late.
pub struct Next {
    /// The process, which runs [`observe`].
    pub process: Peer,
    primitive: Primitive,
    late: SemaphoreInFile,
}

impl Next {
    /// Starts it; `late` is the file of the semaphore that it posts if it locks late.
    ///
    /// # Errors
    /// Those of the step that failed.
    pub fn start(primitive: Primitive, place: &Path, late: &Path) -> Result<Self> {
        let semaphore = SemaphoreInFile::open_with(late, 0)?;
        let role = ["second", "observe", primitive.name()].map(Path::new);
        let process = Peer::start(role.into_iter().chain([place, late]))?;
        Ok(Self { process, primitive, late: semaphore })
    }

    /// What it gets, by its first `answer` and until `deadline`, a moment of `CLOCK_MONOTONIC`. That it
    /// still waits is believed only if it sleeps in the system call of this lock.
    ///
    /// # Errors
    /// Another answer, which is empty if the process has ended; that it does not sleep in that call.
    pub fn outcome(&self, answer: &str, deadline: &libc::timespec) -> Result<Outcome> {
        let late = self.late.semaphore();
        Ok(match answer {
            "locked" => Outcome::Locks,
            "owner died" => Outcome::LocksAndIsTold,
            "busy" if late.wait_until_on(libc::CLOCK_MONOTONIC, deadline).is_ok() => {
                Outcome::LocksLate
            }
            "busy" => {
                until_waiting_in(self.process.process.id(), self.primitive.waits_in())?;
                Outcome::StillWaits
            }
            other => {
                let name = Path::new(self.primitive.name());
                return Err(Failure::refusal("observe", name, format!("answered {other:?}")));
            }
        })
    }
}

/// The next process: prints at once what it gets. If it has to wait and then locks, it posts `late`.
///
/// # Errors
/// Those of the step that failed.
pub fn observe(primitive: Primitive, place: &Path, late: &Path) -> Result<()> {
    let late = SemaphoreInFile::open(late)?;
    let mut lock = primitive.open(place)?;
    let attempt = lock.try_lock().step_on("try to lock", place)?;
    say!("{attempt}")?;
    match attempt {
        Attempt::Busy => lock.lock().step_on("lock", place)?,
        locked => locked,
    };
    late.semaphore().post().step("sem_post")?;
    io::stdin().read_line(&mut String::new()).step("read standard input")?;
    Ok(())
}

/// The step of the story.
///
/// # Errors
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    say!("   what happens to the holder:")?;
    say!("                     killed exits  execs  keeps  forks")?;
    for (primitive, cells) in matrix(&stage.scratch)? {
        let [killed, exits, execs, keeps, forks] = cells.map(Outcome::word);
        say!("   {primitive:18}{killed:7}{exits:7}{execs:7}{keeps:7}{forks}")?;
    }
    sentence("keeps: it execs, and its files stay open.")?;
    sentence("forks: it forks, and then it is killed.")?;
    sentence("free: the next process locks, and learns nothing.")?;
    sentence("told: the next process locks, and is told of the death.")?;
    sentence("STUCK: the next process still waits after 200 ms.")
}
