//! A folder of folders, one a student: every answer in it built in confinement and judged.

use std::fs;
use std::path::Path;

use common::{Context, Result, Scratch};
use sandbox::WorkDirectory;

use crate::build::Built;
use crate::compile::{Language, compiled};
use crate::exercises::{EXERCISES, Exercise};
use crate::judge::judge;
use crate::machine::Settings;
use crate::report::{Format, Report, Row, table, written};

/// Judges every student's answers.
///
/// # Errors
/// The directory cannot be listed. What goes wrong with one answer is its line's.
pub fn judged(directory: &Path, settings: &Settings, format: Format) -> Result<String> {
    let mut students = Vec::new();
    for entry in fs::read_dir(directory).step_on("list", directory)? {
        let entry = entry.step_on("list", directory)?;
        if entry.file_type().step_on("stat", &entry.path())?.is_dir() {
            students.push(entry.path());
        }
    }
    students.sort();
    let (mut rows, mut reports) = (Vec::new(), Vec::new());
    for student in &students {
        let name = student.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for exercise in EXERCISES {
            match one(exercise, student, settings) {
                Ok(Some(report)) => {
                    rows.push(Row::of(&name, &report));
                    reports.push(report);
                }
                Ok(None) => rows.push(Row::without(&name, exercise, "missing", "")),
                Err(failure) => {
                    rows.push(Row::without(&name, exercise, "fault", &failure.to_string()));
                }
            }
        }
    }
    if format == Format::Csv || format == Format::Text {
        table(&rows)
    } else {
        written(&reports, format)
    }
}

/// A student's answer to one exercise: an executable, else Rust, else C.
fn one(exercise: &Exercise, student: &Path, settings: &Settings) -> Result<Option<Report>> {
    let name = format!("exercise-{}", exercise.number);
    let program = student.join(&name);
    if program.is_file() {
        let program = std::path::absolute(&program).step_on("resolve", &program)?;
        return judge(exercise, &program, settings).map(Some);
    }
    for language in [Language::Rust, Language::C] {
        let source = student.join(format!("{name}.{}", language.ending()));
        if fs::symlink_metadata(&source).is_ok() {
            let scratch = Scratch::new()?;
            let directory = WorkDirectory::own(&scratch, "compiler")?;
            return match compiled(&source, language, &directory, settings)? {
                Built::Program(program) => judge(exercise, &program, settings).map(Some),
                Built::Refused(said) => {
                    Ok(Some(Report::not_built(exercise, &source, &settings.machine, &said)))
                }
            };
        }
    }
    Ok(None)
}
