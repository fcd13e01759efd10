//! The repair of `lost_update.rs`: the addition is one instruction, and nobody comes between.
//! `cargo lesson-5` lets the other process in at the same moment.

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
    window("is about to add")?;
    let seen = count.fetch_add(1, Relaxed);
    Ok(format!("adds 1 to {seen}"))
}

/// The step of the story.
///
/// # Errors
/// The system's, on the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let page = turnstile::two_pass(stage, "atomic-addition", pass)?;
    say!("   count: {} (expected 2)", page.word(COUNT).load(Relaxed))
}
