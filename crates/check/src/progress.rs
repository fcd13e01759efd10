//! Judging the learner's own programs: one of them, or all as a table.

use std::fs;

use common::{Context, Result, Scratch};

use crate::build::{Built, build, is_untouched, source, source_name};
use crate::exercises::{EXERCISES, Exercise, Part};
use crate::hints::remember;
use crate::judge::judge;
use crate::machine::{Machine, Settings};
use crate::report::Report;

/// Builds and judges the learner's program, and remembers the diagnosis.
///
/// # Errors
/// Faults of the judge.
pub fn judged(exercise: &Exercise, settings: &Settings) -> Result<Report> {
    let report = match build(exercise.number)? {
        Built::Program(program) => judge(exercise, &program, settings)?,
        Built::Refused(said) => {
            Report::not_built(exercise, &source(exercise.number)?, &settings.machine, &said)
        }
    };
    remember(&report, None)?;
    Ok(report)
}

/// What a newcomer reads: the file is as it was shipped.
///
/// # Errors
/// Those of reading it.
pub fn welcome(exercise: &Exercise) -> Result<String> {
    let number = exercise.number;
    let path = source(number)?;
    let text = fs::read_to_string(&path).step_on("read", &path)?;
    let begin =
        text.lines().skip_while(|line| !line.starts_with("//! Begin: ")).take_while(|line| {
            line.starts_with("//! ") // The paragraph ends at an empty line.
        });
    let step: Vec<_> = begin.map(|line| line.trim_start_matches("//! ")).collect();
    let step = step.join(" ");
    let lines = [
        format!("Exercise {number}: this is the start, and nothing is broken."),
        "The program is the starter as it was shipped; it solves nothing yet.".into(),
        format!("Edit:  {}", source_name(number)),
        format!("Read:  just exercise {number}, or cargo check-exercise card {number}"),
        step,
    ];
    Ok(lines.join("\n") + "\n")
}

/// All exercises, a line each; those that nobody has touched are not judged.
///
/// # Errors
/// Faults of the judge.
pub fn table(scratch: &Scratch) -> Result<(String, Vec<Report>)> {
    let settings = Settings::new(Machine::of(scratch)?);
    let mut lines = vec![line("", "exercise", "state", "points", "diagnosis")];
    let mut reports = Vec::new();
    for exercise in EXERCISES {
        let number = exercise.number.to_string();
        if is_untouched(exercise.number)? {
            let points = format!("0/{}", exercise.points(Part::Core) + exercise.points(Part::Edge));
            lines.push(line(&number, exercise.title, "not begun", &points, ""));
            continue;
        }
        let report = judged(exercise, &settings)?;
        let state = report.verdict();
        let points = format!("{}/{}", report.totals.points, report.totals.most);
        let diagnosis = report.diagnosis.as_deref().unwrap_or_default();
        lines.push(line(&number, exercise.title, state, &points, diagnosis));
        reports.push(report);
    }
    lines.push(
        "These are your Rust programs in crates/exercises. Results of --program are not kept."
            .into(),
    );
    Ok((lines.join("\n") + "\n", reports))
}

fn line(number: &str, title: &str, state: &str, points: &str, diagnosis: &str) -> String {
    format!("{number:1}  {title:28}  {state:21}  {points:>7}  {diagnosis}").trim_end().into()
}
