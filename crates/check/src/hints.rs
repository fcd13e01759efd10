//! Hints, three depths of them, by the last diagnosis. Which was shown last is remembered under
//! `target/check`.

use std::fs;

use common::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::build::memory;
use crate::exercises::Exercise;
use crate::report::Report;

/// What is remembered of an exercise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HintState {
    /// The last diagnosis, if the last verdict had one.
    pub diagnosis: Option<String>,
    /// How many hints to it were shown.
    pub shown: usize,
}

/// Remembers a verdict: another diagnosis begins with its first hint.
///
/// # Errors
/// Those of writing under `target`.
pub fn remember(report: &Report) -> Result<()> {
    let before = recalled(report.exercise)?;
    if before.diagnosis != report.diagnosis {
        keep(report.exercise, &HintState { diagnosis: report.diagnosis.clone(), shown: 0 })?;
    }
    Ok(())
}

/// Forgets what was diagnosed.
///
/// # Errors
/// Those of writing under `target`.
pub fn forget(exercise: u8) -> Result<()> {
    keep(exercise, &HintState::default())
}

/// The next hint, and remembers that it was shown.
///
/// # Errors
/// Those of reading and writing under `target`.
pub fn next(exercise: &Exercise) -> Result<String> {
    let before = recalled(exercise.number)?;
    let text = text(exercise, &before);
    keep(exercise.number, &HintState { shown: before.shown + 1, ..before })?;
    Ok(text)
}

/// The hint that follows from what is remembered.
#[must_use]
pub fn text(exercise: &Exercise, memory: &HintState) -> String {
    let number = exercise.number;
    let known = memory.diagnosis.as_deref().and_then(|id| exercise.diagnosis(id));
    let Some(diagnosis) = known else {
        return format!(
            "No diagnosis to hint at: `just check {number}` first, or cargo check-exercise {number}.\n"
        );
    };
    let last = diagnosis.hints.len() - 1;
    let depth = memory.shown.min(last);
    let hint = diagnosis.hints.get(depth).copied().unwrap_or_default();
    let more = if depth == last { "the last" } else { "more by asking again" };
    format!(
        "{}: {}\nHint {} of {} ({more}): {hint}\nRead: lessons/{}.md#{}\n",
        diagnosis.id,
        diagnosis.is,
        depth + 1,
        last + 1,
        exercise.lesson,
        diagnosis.anchor,
    )
}

fn recalled(exercise: u8) -> Result<HintState> {
    let path = memory()?.join(format!("exercise-{exercise}.json"));
    // Gone or spoilt: then nothing is remembered, which loses no more than a hint's depth.
    let text = fs::read_to_string(path).unwrap_or_default();
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

fn keep(exercise: u8, memory: &HintState) -> Result<()> {
    let path = self::memory()?.join(format!("exercise-{exercise}.json"));
    fs::write(&path, serde_json::to_string(memory).step("write JSON")?).step_on("write", &path)
}
