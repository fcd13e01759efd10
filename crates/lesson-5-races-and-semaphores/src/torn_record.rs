//! Wrong: a record of two words, stored one after the other. Each word is whole, the record is
//! not: `cargo lesson-5` reads a time that never was.

use std::sync::atomic::Ordering::Relaxed;

use common::{Result, Stage, say};

use crate::sys::Page;
use crate::turnstile::{self, Window};

/// Where the record's two words are.
const HOUR: usize = 0;
const MINUTE: usize = 8;

/// Moves a clock from 9:59 to 10:00 if it stands there, else reads it.
///
/// # Errors
/// The window's.
pub fn pass(page: &Page, window: Window<'_>) -> Result<String> {
    let (hour, minute) = (page.word(HOUR), page.word(MINUTE));
    if hour.load(Relaxed) != 0 {
        return Ok(format!("reads {}:{:02}", hour.load(Relaxed), minute.load(Relaxed)));
    }
    hour.store(9, Relaxed);
    minute.store(59, Relaxed);
    hour.store(10, Relaxed);
    window("sets the clock from 9:59: the hour is stored")?;
    minute.store(0, Relaxed);
    Ok("stores the minute".into())
}

/// The step of the story.
///
/// # Errors
/// The system's, on the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    turnstile::two_pass(stage, "torn-record", pass)?;
    say!("   expected 9:59 or 10:00: the record was torn")
}
