//! Hints, three depths of them, by the last diagnosis and the language of the program that has it.
//! The last verdict, and which hint was shown last, are remembered under `target/check`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{fs, io};

use common::{Context, Result, root};
use serde::{Deserialize, Serialize};

use crate::build;
use crate::exercises::Exercise;
use crate::language::Language;
use crate::report::Report;

/// What is remembered of an exercise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HintState {
    /// The last diagnosis, if the last verdict had one, or else the one of its extra credit.
    pub diagnosis: Option<String>,
    /// How many hints to it were shown.
    pub shown: usize,
    /// Which program was judged, if it was not the learner's own one.
    pub program: Option<String>,
    /// What the program is written in, if that is known.
    pub language: Option<Language>,
}

impl HintState {
    /// What is remembered after a verdict. `program` is the program that was judged instead of the
    /// learner's own one. Another diagnosis, or another program, begins with its first hint.
    #[must_use]
    pub fn after(self, report: &Report, program: Option<&Path>) -> Self {
        let diagnosis = report.hinted().cloned();
        let language = program.map_or(Some(Language::Rust), Language::of_program);
        let program = program.map(|program| program.display().to_string());
        let is_same = (&self.diagnosis, &self.program) == (&diagnosis, &program);
        let shown = if is_same { self.shown } else { 0 };
        Self { diagnosis, shown, program, language }
    }
}

/// Remembers a verdict, as [`HintState::after`].
///
/// # Errors
/// There is no checkout.
pub fn remember(report: &Report, program: Option<&Path>) -> Result<()> {
    let before = recalled(report.exercise)?;
    or_say(keep(report.exercise, &before.after(report, program)));
    Ok(())
}

/// What cannot be kept, as in a read-only checkout, is lost. A verdict is a verdict, and a hint is a hint.
pub(crate) fn or_say(kept: Result<()>) {
    if let Err(failure) = kept {
        let _ = writeln!(io::stderr(), "warning: {failure}"); // Nowhere else to say it.
    }
}

/// Whether the last verdict was about a program that is not the learner's own one.
///
/// # Errors
/// There is no checkout.
pub fn is_about_another_program(exercise: u8) -> Result<bool> {
    Ok(recalled(exercise)?.program.is_some())
}

/// Forgets what was diagnosed.
///
/// # Errors
/// There is no checkout.
pub fn forget(exercise: u8) -> Result<()> {
    let nothing = HintState::default();
    if recalled(exercise)? != nothing {
        or_say(keep(exercise, &nothing));
    }
    Ok(())
}

/// The next hint, and remembers that it was shown.
///
/// # Errors
/// There is no checkout.
pub fn next(exercise: &Exercise) -> Result<String> {
    let before = recalled(exercise.number)?;
    let text = text(exercise, &before);
    or_say(keep(exercise.number, &HintState { shown: before.shown + 1, ..before }));
    Ok(text)
}

/// The hint that follows from what is remembered.
#[must_use]
pub fn text(exercise: &Exercise, memory: &HintState) -> String {
    let number = exercise.number;
    let about = match &memory.program {
        Some(program) => format!("The last program judged: {program}\n"),
        None => String::new(),
    };
    let known = memory.diagnosis.as_deref().and_then(|id| exercise.diagnosis(id));
    let Some(diagnosis) = known else {
        return match memory.program {
            Some(_) => format!("{about}Its verdict has no diagnosis, so there is no hint.\n"),
            None => format!(
                "There is no hint, because no verdict has a diagnosis yet. Run `just check {number}` first, or cargo check-exercise {number}.\n"
            ),
        };
    };
    let hints = diagnosis.hints_for(memory.language);
    let last = hints.len() - 1;
    let depth = memory.shown.min(last);
    let hint = hints.get(depth).copied().unwrap_or_default();
    let more = match (depth == last, memory.language) {
        (false, _) => "more by asking again".into(),
        (true, Some(language)) => format!("the last, for {}", language.name()),
        (true, None) => "the last, as in C: your language has similar calls".into(),
    };
    format!(
        "{about}{}: {}\nHint {} of {} ({more}): {hint}\nRead: lessons/{}.md#{}\n",
        diagnosis.id,
        diagnosis.is,
        depth + 1,
        last + 1,
        exercise.lesson,
        diagnosis.anchor,
    )
}

fn recalled(exercise: u8) -> Result<HintState> {
    root()?;
    // Gone or spoilt: then nothing is remembered, which loses no more than a hint.
    let text = file(exercise).and_then(|file| fs::read_to_string(&file).step_on("read", &file));
    let text = text.unwrap_or_default();
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

fn keep(exercise: u8, memory: &HintState) -> Result<()> {
    let (directory, path) = (build::kept_directory()?, file(exercise)?);
    fs::create_dir_all(&directory).step_on("create", &directory)?;
    fs::write(&path, serde_json::to_string(memory).step("write JSON")?).step_on("write", &path)
}

fn file(exercise: u8) -> Result<PathBuf> {
    Ok(build::kept_directory()?.join(format!("exercise-{exercise}.json")))
}
