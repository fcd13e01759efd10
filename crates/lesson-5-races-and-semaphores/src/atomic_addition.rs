//! The repair of `lost_update.rs`: the addition is one atomic operation, so no other access can
//! come between its load and its store. `cargo lesson-5` runs both processes as before.

use std::sync::atomic::Ordering::Relaxed;

use common::{Result, Stage, compare};

use crate::sys::Page;
use crate::turnstile::{self, COUNT, Preempt};

/// Adds one to the count.
///
/// # Errors
/// Those of `preempt`.
pub fn pass(page: &Page, preempt: Preempt<'_>) -> Result<String> {
    let count = page.word(COUNT);
    preempt("is about to add 1")?;
    let seen = count.fetch_add(1, Relaxed);
    Ok(format!("adds 1 to {seen}"))
}

/// The step of the story.
///
/// # Errors
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let (page, _) = turnstile::two_pass(stage, "atomic-addition", pass)?;
    compare("count: ", page.word(COUNT).load(Relaxed), 2)
}
