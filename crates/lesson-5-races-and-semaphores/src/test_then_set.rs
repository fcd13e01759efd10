//! Wrong: a lock that is tested with a load and then set with a store. The lost update again: both
//! processes can find the lock free. `cargo lesson-5` lets two in.

use std::sync::atomic::Ordering::{Acquire, Relaxed};

use common::{Result, Stage, compare, sentence};

use crate::sys::Page;
use crate::turnstile::{self, COUNT, Preempt};

/// The byte at which the lock is: 0 is free, 1 is locked.
const LOCK: usize = 8;

/// Locks if the lock is free, and counts the processes inside.
///
/// # Errors
/// Those of `preempt`.
pub fn pass(page: &Page, preempt: Preempt<'_>) -> Result<String> {
    let lock = page.word(LOCK);
    if lock.load(Acquire) != 0 {
        return Ok("finds the lock locked".into());
    }
    preempt("finds the lock free")?;
    lock.store(1, Relaxed);
    let inside = page.word(COUNT).fetch_add(1, Relaxed) + 1;
    Ok(format!("locks it; processes inside: {inside}"))
}

/// The step of the story.
///
/// # Errors
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let (page, _) = turnstile::two_pass(stage, "test-then-set", pass)?;
    compare("processes inside: ", page.word(COUNT).load(Relaxed), 2)?;
    sentence("A lock must admit only one process.")
}
