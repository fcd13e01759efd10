//! A process is killed while it holds a semaphore: the semaphore stays locked. `cargo lesson-5`
//! shows it, and repairs it by hand.

use std::path::Path;
use std::time::Duration;

use common::{Context, Peer, Result, Stage, compare, outcome, say, sentence};

use crate::semaphore_in_file::SemaphoreInFile;
use crate::sys::deadline_on;
use crate::{Attempt, Lock, Primitive};

/// The step of the story.
///
/// # Errors
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("dead-holder");
    let mut lock = SemaphoreInFile::open(&path)?;
    let name = Primitive::SemaphoreInFile.name();
    let mut b = Peer::start(["second", "hold", name].map(Path::new).into_iter().chain([&*path]))?;
    b.hear()?;
    say!("       B locks the semaphore")?;
    page_view::look("B holds the semaphore")?;
    b.kill()?;
    say!("       B is killed")?;
    page_view::look("B is killed; the page and its lock stay")?;
    let semaphore = lock.semaphore();
    let (clock, time) = (libc::CLOCK_MONOTONIC, Duration::from_millis(200));
    let deadline = deadline_on(clock, time).step("clock_gettime")?;
    let waited = semaphore.wait_until_on(clock, &deadline);
    let waited = outcome(&waited);
    compare("A waits for 200 ms: ", waited, "ETIMEDOUT")?;
    compare("count: ", semaphore.value().step("sem_getvalue")?, 0)?;
    sentence("The kernel does not know that B held it.")?;
    semaphore.post().step("sem_post")?;
    compare("A posts, then locks: ", lock.lock().step("sem_wait")?, Attempt::Locked)
}
