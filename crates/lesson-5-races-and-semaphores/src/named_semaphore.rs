//! A semaphore with a name. The C library keeps it in a file of its own in /dev/shm.
//! `cargo lesson-5` shows that file, and that the semaphore lives on after its name is gone.

use std::io;
use std::path::Path;

use common::{Context, Failure, Result, Stage, compare, sentence};

use crate::semaphore_in_file::{lock, try_lock};
use crate::sys::{Create, Semaphore, unlink};
use crate::{Attempt, Lock, Primitive, add_under_lock};

/// A full /dev/shm is the usual reason for a failure, so the step names that directory.
const OPEN: &str = "sem_open in /dev/shm";

/// A lock: a named semaphore that starts at 1.
pub struct NamedSemaphore(Semaphore);

impl NamedSemaphore {
    /// Opens the semaphore `name`; makes it if it is missing. `sem_open` initialises it once: it
    /// makes a finished file and then links the file to its name.
    ///
    /// # Errors
    /// Those of the step that failed.
    pub fn open(name: &str) -> Result<Self> {
        let create = Create { exclusive: false, mode: 0o600, value: 1 };
        Semaphore::open(name, Some(create)).step_on(OPEN, Path::new(name)).map(Self)
    }

    /// Opens the semaphore `name`, which must exist.
    ///
    /// # Errors
    /// Those of the step that failed.
    pub fn open_existing(name: &Path) -> Result<Self> {
        let text = name.to_str();
        let text = text.ok_or_else(|| Failure::refusal(OPEN, name, "not in UTF-8"))?;
        Semaphore::open(text, None).step_on(OPEN, name).map(Self)
    }
}

impl Lock for NamedSemaphore {
    fn lock(&mut self) -> io::Result<Attempt> {
        lock(&self.0)
    }

    fn try_lock(&mut self) -> io::Result<Attempt> {
        try_lock(&self.0)
    }

    fn unlock(&mut self) -> io::Result<()> {
        self.0.post()
    }
}

/// What the C library puts in front of the name of the semaphore's file: glibc `sem.`, musl nothing.
const PREFIX: &str = if cfg!(target_env = "gnu") { "sem." } else { "" };

/// The step of the story.
///
/// # Errors
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let name = stage.scratch.object("turnstile");
    let mut ours = NamedSemaphore::open(&name)?;
    let file = format!("/dev/shm/{PREFIX}{}", &name[1..]);
    let calls = "sem_open(\"/….turnstile\", O_CREAT, …, 1) makes the file";
    sentence(&format!("{calls} /dev/shm/{PREFIX}….turnstile."))?;
    let length = std::fs::metadata(&file).step("stat the semaphore")?.len();
    compare("bytes in the file: ", length, size_of::<libc::sem_t>())?;
    unlink(&name).step("sem_unlink")?;
    compare("sem_unlink; the file exists: ", Path::new(&file).exists(), false)?;
    compare("A, which has it open, locks: ", ours.lock().step("sem_wait")?, "locked")?;
    ours.unlock().step("sem_post")?;
    add_under_lock::two(stage, Primitive::NamedSemaphore)
}
