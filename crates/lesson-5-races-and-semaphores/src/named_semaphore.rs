//! A semaphore with a name, which needs no file to be mapped: the C library makes one in /dev/shm.
//! `cargo lesson-5` shows where it is, and that it outlives its name.

use std::io;
use std::path::Path;

use common::{Context, Failure, Result, Stage, say};

use crate::semaphore_in_file::{enter, try_enter};
use crate::sys::{Create, Semaphore, unlink};
use crate::{Attempt, Exclusion, Primitive, add_inside};

/// One place inside: a named semaphore that starts at 1.
pub struct NamedSemaphore(Semaphore);

impl NamedSemaphore {
    /// Opens the semaphore `name`, or makes it: `sem_open` itself sees to it that whoever comes
    /// first makes it once, by linking a finished file into place.
    ///
    /// # Errors
    /// The system's, on the step that failed.
    pub fn open(name: &str) -> Result<Self> {
        let create = Create { exclusive: false, mode: 0o600, value: 1 };
        Semaphore::open(name, Some(create)).step_on("sem_open", Path::new(name)).map(Self)
    }

    /// Opens the semaphore `name`, which must be there.
    ///
    /// # Errors
    /// The system's, on the step that failed.
    pub fn open_existing(name: &Path) -> Result<Self> {
        let text = name.to_str();
        let text = text.ok_or_else(|| Failure::refusal("sem_open", name, "not in UTF-8"))?;
        Semaphore::open(text, None).step_on("sem_open", name).map(Self)
    }
}

impl Exclusion for NamedSemaphore {
    fn enter(&mut self) -> io::Result<Attempt> {
        enter(&self.0)
    }

    fn try_enter(&mut self) -> io::Result<Attempt> {
        try_enter(&self.0)
    }

    fn leave(&mut self) -> io::Result<()> {
        self.0.post()
    }
}

/// The step of the story.
///
/// # Errors
/// The system's, on the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let name = stage.scratch.object("turnstile");
    let mut ours = NamedSemaphore::open(&name)?;
    let file = format!("/dev/shm/sem.{}", &name[1..]);
    say!("   sem_open(\"/….turnstile\", O_CREAT, …, 1) makes /dev/shm/sem.….turnstile")?;
    say!("   a file of {} bytes", std::fs::metadata(&file).step("stat the semaphore")?.len())?;
    unlink(&name).step("sem_unlink")?;
    let there = Path::new(&file).exists();
    say!("   sem_unlink: is the name still there? {there} (expected false)")?;
    let entered = ours.enter().step("sem_wait")?;
    ours.leave().step("sem_post")?;
    say!("   who has it open still enters: {entered:?} (expected Entered)")?;
    add_inside::two(stage, Primitive::NamedSemaphore)
}
