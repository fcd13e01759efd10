//! Wrong: a record of two words, stored one after the other. Each store is atomic, but a reader can
//! come between them. `cargo lesson-5` reads a time that never was.

use std::sync::atomic::Ordering::Relaxed;

use common::{Result, Stage, compare, sentence};

use crate::sys::Page;
use crate::turnstile::{self, Preempt};

/// The bytes at which the record's two words are.
const HOUR: usize = 0;
const MINUTE: usize = 8;

/// The first process moves a clock from 9:59 to 10:00; the second one reads it.
///
/// # Errors
/// Those of `preempt`.
pub fn pass(page: &Page, preempt: Preempt<'_>) -> Result<String> {
    let (hour, minute) = (page.word(HOUR), page.word(MINUTE));
    if hour.load(Relaxed) != 0 {
        return Ok(format!("reads {}:{:02}", hour.load(Relaxed), minute.load(Relaxed)));
    }
    hour.store(9, Relaxed);
    minute.store(59, Relaxed);
    hour.store(10, Relaxed);
    preempt("changes 9:59 to 10:00: stores the hour")?;
    minute.store(0, Relaxed);
    Ok("stores the minute".into())
}

/// The step of the story.
///
/// # Errors
/// Those of the step that failed.
pub fn show(stage: &mut Stage) -> Result<()> {
    let (_, said) = turnstile::two_pass(stage, "torn-record", pass)?;
    compare("B saw: ", said.trim_start_matches("B reads "), "10:59")?;
    sentence("It was never 10:59. B read a torn record.")
}
