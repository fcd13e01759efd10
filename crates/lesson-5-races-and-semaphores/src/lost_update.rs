//! Wrong: adds one by a load and a store. Both are atomic, and an addition is lost between them.
//! `cargo lesson-5` loses it on every run.

use std::sync::atomic::Ordering::Relaxed;

use common::{Result, Stage, say};

use crate::sys::Page;
use crate::turnstile::{self, COUNT, Window};

/// Adds one to the count.
///
/// # Errors
/// The window's.
pub fn pass(page: &Page, window: Window<'_>) -> Result<String> {
    let count = page.word(COUNT);
    let seen = count.load(Relaxed);
    window(&format!("loads {seen}"))?;
    count.store(seen + 1, Relaxed);
    Ok(format!("stores {}", seen + 1))
}

/// The step of the story.
///
/// # Errors
/// The system's, on the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let page = turnstile::two_pass(stage, "lost-update", pass)?;
    say!("   count: {}, expected 2: B's addition is lost", page.word(COUNT).load(Relaxed))
}
