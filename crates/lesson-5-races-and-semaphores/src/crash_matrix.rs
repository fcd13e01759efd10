//! The crash matrix: each primitive, and what becomes of its holder. What does the next one get?
//! `cargo lesson-5` prints it; `cargo lesson-5 hold PRIMITIVE FILE` plays a cell by hand.
//!
//! For every cell a process enters and stays inside; then it is killed, ends, runs another program,
//! or forks and is killed. When that is over, and not before, another process tries to enter. If
//! it finds the thing busy it waits: for ever, as far as 200 ms can tell, since nothing is going
//! to happen any more.

use std::io;
use std::path::Path;
use std::time::Duration;

use common::{Context, Peer, Result, Scratch, Stage, say};

use crate::fate::Fate;
use crate::semaphore_in_file::SemaphoreInFile;
use crate::sys::deadline;
use crate::{Attempt, Primitive};

/// What the next one gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is in, and knows nothing of a death.
    Enters,
    /// It is in, and was told.
    EntersAndIsTold,
    /// It waits until the deadline.
    BusyForEver,
    /// It waited, and got in before the deadline.
    EntersLate,
}

impl Verdict {
    /// In the words of the table.
    pub fn words(self) -> &'static str {
        match self {
            Self::Enters => "enters",
            Self::EntersAndIsTold => "told",
            Self::BusyForEver => "BUSY",
            Self::EntersLate => "enters late",
        }
    }
}

/// A row for each primitive, a cell for each of [`Fate::ALL`].
///
/// # Errors
/// The system's, on the step that failed.
pub fn matrix(scratch: &Scratch) -> Result<Vec<(Primitive, [Verdict; 5])>> {
    let mut cells = Vec::new();
    for primitive in Primitive::ALL {
        for fate in Fate::ALL {
            let place = primitive.new_place(scratch, &format!("{fate:?}"))?;
            let role = ["second", "hold", primitive.name()].map(Path::new);
            let mut holder = Peer::start(role.into_iter().chain([place.as_path()]))?;
            holder.hear()?;
            fate.befall(&mut holder)?;
            let late = scratch.path().join(format!("late-{primitive}-{fate:?}"));
            let role = ["second", "observe", primitive.name()].map(Path::new);
            let next = role.into_iter().chain([place.as_path(), late.as_path()]);
            let late = SemaphoreInFile::open_with(&late, 0)?;
            cells.push((holder, Peer::start(next)?, late)); // The holder's child lives on, too.
        }
    }
    let answers = cells.iter_mut().map(|(_, next, _)| next.hear()).collect::<Result<Vec<_>>>()?;
    let deadline = deadline(Duration::from_millis(200));
    let verdicts: Vec<_> = (answers.iter().zip(&cells))
        .map(|(answer, (_, _, late))| match answer.as_str() {
            "Entered" => Verdict::Enters,
            "EnteredAfterDeath" => Verdict::EntersAndIsTold,
            _ if late.semaphore().wait_until(&deadline).is_ok() => Verdict::EntersLate,
            _ => Verdict::BusyForEver,
        })
        .collect();
    let (rows, _) = verdicts.as_chunks();
    Ok(Primitive::ALL.iter().copied().zip(rows.iter().copied()).collect())
}

/// The next one: says at once what it gets; if it has to wait and gets in, posts at `late`.
///
/// # Errors
/// The system's, on the step that failed.
pub fn observe(primitive: Primitive, place: &Path, late: &Path) -> Result<()> {
    let late = SemaphoreInFile::open(late)?;
    let mut lock = primitive.open(place)?;
    let attempt = lock.try_enter().step_on("try to enter", place)?;
    say!("{attempt:?}")?;
    match attempt {
        Attempt::Busy => lock.enter().step_on("enter", place)?,
        entered => entered,
    };
    late.semaphore().post().step("sem_post")?;
    io::stdin().read_line(&mut String::new()).step("read standard input")?;
    Ok(())
}

/// The step of the story.
///
/// # Errors
/// The system's, on the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    say!("   {:18}{:8}{:8}{:8}{:13}forks,", "the holder", "is", "", "", "execs with")?;
    say!("   {:18}{:8}{:8}{:8}{:13}is killed", "", "killed", "exits", "execs", "open files")?;
    for (primitive, cells) in matrix(&stage.scratch)? {
        let [killed, exits, execs, keeps, forks] = cells.map(Verdict::words);
        say!("   {primitive:18}{killed:8}{exits:8}{execs:8}{keeps:13}{forks}")?;
    }
    say!("   enters: the next one is in and knows nothing;")?;
    say!("   told: it is in, and told of the death;")?;
    say!("   BUSY: it waits for ever (seen for 200 ms)")
}
