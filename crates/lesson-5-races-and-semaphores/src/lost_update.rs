//! Wrong: adds one with a load and a store. Both are atomic, but another process can add between
//! the two, and its addition is lost. `cargo lesson-5` shows it on every run.

use std::sync::atomic::Ordering::Relaxed;

use common::{Result, Stage, compare, sentence};

use crate::sys::Page;
use crate::turnstile::{self, COUNT, Preempt};

/// Adds one to the count.
///
/// # Errors
/// Those of `preempt`.
pub fn pass(page: &Page, preempt: Preempt<'_>) -> Result<String> {
    let count = page.word(COUNT);
    let seen = count.load(Relaxed);
    preempt(&format!("loads {seen}"))?;
    count.store(seen + 1, Relaxed);
    Ok(format!("stores {}", seen + 1))
}

/// The step of the story.
///
/// # Errors
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let (page, _) = turnstile::two_pass(stage, "lost-update", pass)?;
    compare("count: ", page.word(COUNT).load(Relaxed), 1)?;
    sentence("Two processes added 1 to 0. B's addition is lost.")
}
