//! Wrong: a lock made at home, which is tested and then set. It is the lost update again, one
//! floor down: `cargo lesson-5` lets two in.

use std::sync::atomic::Ordering::{Acquire, Relaxed};

use common::{Result, Stage, say};

use crate::sys::Page;
use crate::turnstile::{self, COUNT, Window};

/// The byte at which the lock is: 0 free, 1 taken.
const LOCK: usize = 8;

/// Enters if the lock is free, and counts those who are in.
///
/// # Errors
/// The window's.
pub fn pass(page: &Page, window: Window<'_>) -> Result<String> {
    let lock = page.word(LOCK);
    if lock.load(Acquire) != 0 {
        return Ok("finds the lock taken".into());
    }
    window("finds the lock free")?;
    lock.store(1, Relaxed);
    let inside = page.word(COUNT).fetch_add(1, Relaxed) + 1;
    Ok(format!("takes the lock; inside: {inside}"))
}

/// The step of the story.
///
/// # Errors
/// The system's, on the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let page = turnstile::two_pass(stage, "test-then-set", pass)?;
    say!("   inside: {}, expected 1: the lock let two in", page.word(COUNT).load(Relaxed))
}
