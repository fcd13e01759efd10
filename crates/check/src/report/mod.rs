//! One result model, many formats.

mod gradescope;
pub mod html;
mod json;
mod junit;
mod markdown;
mod model;
mod prairielearn;
mod screen;
mod source_text;
mod spreadsheet;
mod text;

pub use markdown::{Unreported, markdown_section};
pub use model::{CheckResult, ExerciseOutcome, MISSING, Report, State, Totals};
pub use screen::on_screen;
pub use source_text::JudgedFiles;
pub use spreadsheet::{Row, heading, row, written_grade};
pub use text::word;

use std::collections::BTreeSet;

use common::clap::{self, ValueEnum};
use common::{Context, Result};
use serde::Serialize;
use serde_json::Value;

use crate::counted::counted;
use crate::language::Language;

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[clap(rename_all = "lower")]
pub enum Format {
    /// Text for people.
    Text,
    /// Everything, as JSON.
    Json,
    /// Everything, as JSON Lines: one line per report.
    Jsonl,
    /// JUnit XML, for CI.
    Junit,
    /// Gradescope's `results.json`.
    Gradescope,
    /// PrairieLearn's `results.json`.
    Prairielearn,
    /// Markdown, for a comment on a pull request.
    Markdown,
    /// One line per exercise, for a spreadsheet.
    Csv,
}

/// What is said of a folder without a file for the exercise.
#[must_use]
pub fn no_file(exercise: u8) -> String {
    let endings = Language::ALL.map(|language| format!(".{}", language.ending())).join(", ");
    format!("There is no file exercise-{exercise}, nor one that ends in {endings}.")
}

/// How wide a text is that no terminal shows.
const COLUMNS: usize = 80;

/// A report for a terminal of this many columns, folded and in colour.
#[must_use]
pub fn for_screen(report: &Report, columns: usize) -> String {
    on_screen(&text::written(report, columns), columns)
}

impl Format {
    /// Whether each result of a class is a line of its own, as soon as it is known.
    #[must_use]
    pub fn is_of_lines(self) -> bool {
        matches!(self, Self::Text | Self::Jsonl | Self::Csv)
    }
}

/// A report, and in a class the name of the student.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Named<'r> {
    /// The folder's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub student: Option<&'r str>,
    /// What was found.
    #[serde(flatten)]
    pub report: &'r Report,
}

impl<'r> From<&'r Report> for Named<'r> {
    fn from(report: &'r Report) -> Self {
        Self { student: None, report }
    }
}

impl Named<'_> {
    /// `exercise-3`, and in a class the name of the student before it.
    fn name(&self) -> String {
        let exercise = format!("exercise-{}", self.report.exercise);
        self.student.map(|student| format!("{student}/{exercise}")).unwrap_or(exercise)
    }
}

/// Writes reports in a format.
///
/// # Errors
/// A model that the format cannot hold.
pub fn written(reports: &[Named], format: Format) -> Result<String> {
    match format {
        Format::Text => Ok(reports
            .iter()
            .map(|one| text::written(one.report, COLUMNS))
            .collect::<Vec<_>>()
            .join("\n")),
        Format::Json => json::written(reports),
        Format::Jsonl => json::lines(reports),
        Format::Junit => junit::written(reports),
        Format::Gradescope => by_student(reports, gradescope::results),
        Format::Prairielearn => by_student(reports, prairielearn::results),
        Format::Markdown => {
            Ok(reports.iter().map(markdown::written).collect::<Vec<_>>().join("\n"))
        }
        Format::Csv => spreadsheet::of_reports(reports),
    }
}

/// A platform's document about one student; of a class, an object with the document of each by name.
fn by_student(reports: &[Named], results: fn(&[&Report]) -> Value) -> Result<String> {
    let of = |student: Option<&str>| {
        let own = reports.iter().filter(|one| one.student == student);
        results(&own.map(|one| one.report).collect::<Vec<_>>())
    };
    let students: BTreeSet<_> = reports.iter().filter_map(|one| one.student).collect();
    let whole = match students.is_empty() {
        true => of(None),
        false => students.iter().map(|name| ((*name).to_owned(), of(Some(name)))).collect(),
    };
    serde_json::to_string_pretty(&whole).step("write JSON")
}

/// What a platform shows above the checks, a line each: the points, why some could not be judged, what is
/// weaker here, and why there is no program.
fn summary(reports: &[&Report]) -> Vec<String> {
    let mut lines: Vec<_> = reports.iter().map(|report| points(report)).collect();
    lines.extend(reports.first().iter().flat_map(|report| report.environment.weaker.clone()));
    lines.extend(reports.iter().filter_map(|report| report.compiler.clone()));
    lines
}

/// Why a report counts less than all points: checks without an object, and checks that this machine could
/// not make.
fn uncounted(report: &Report) -> Vec<String> {
    const ALL: u32 = 100;
    let without = ALL.saturating_sub(report.totals.most);
    let open = report.open_points();
    let points = |count: u32| counted(count.into(), "point");
    let without = (without > 0).then(|| {
        format!(
            "{} of {ALL} do not count: the program has nothing that these checks are about. They are \
             neither given nor taken.",
            points(without)
        )
    });
    let open = (open > 0).then(|| {
        format!(
            "{} of these could not be judged on this machine. They are neither given nor taken.",
            points(open)
        )
    });
    without.into_iter().chain(open).collect()
}

/// The points of one report, in words.
fn points(report: &Report) -> String {
    let (number, points, most) = (report.exercise, report.totals.points, report.judged_points());
    let open = match report.open_points() {
        0 => String::new(),
        open => format!(
            " {} could not be judged on this machine. They are neither given nor taken: see \
             the checks below that give a reason.",
            counted(open.into(), "point")
        ),
    };
    match report.grade() {
        Some(grade) => {
            format!("Exercise {number}: {points} of {most} points, {grade} of 100.{open}")
        }
        None => format!(
            "Exercise {number}: no grade, because this machine cannot judge all of the core. Judge the \
             program on another machine.{open}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::exercises::{Check, Exercise, Part, exercise};
    use crate::machine::Machine;
    use crate::verdict::Finding;

    fn machine() -> Machine {
        Machine {
            kernel: "6.18".into(),
            architecture: "x86_64".into(),
            file_system: "ext4".into(),
            page_size: common::page_size(),
            root: false,
            tracing: true,
            landlock: 7,
            isolation: sandbox::Isolation::default(),
            refused: crate::machine::Refused::default(),
            weaker: Vec::new(),
        }
    }

    #[test]
    fn points_that_do_not_count_are_explained() {
        let exercise = exercise(1).expect("exercise 1");
        let whole = without_one(exercise, Part::Extra);
        assert_eq!(uncounted(&whole), [""; 0]);
        let report = without_one(exercise, Part::Edge);
        let open = format!("{} points of these could not be judged", report.open_points());
        let text = written(&[Named::from(&report)], Format::Text).expect("a text");
        assert!(text.contains(&open), "{text}");
        let mut lacks = false;
        let result = |check: &Check| match std::mem::replace(&mut lacks, true) {
            false => CheckResult::without_object(check, "it has no lock".into()),
            true => CheckResult::passed(check),
        };
        let checks = exercise.checks.iter().map(result).collect();
        let report = Report::new(exercise, Path::new("program"), &machine(), checks, 0);
        let text = written(&[Named::from(&report)], Format::Text).expect("a text");
        assert!(text.contains("88 of 88 points"), "{text}");
        assert!(text.contains("12 points of 100 do not count: the program has nothing"), "{text}");
    }

    #[test]
    fn a_check_that_could_not_be_judged_is_named_beside_an_edge_that_does_not_hold() {
        let exercise = exercise(1).expect("exercise 1");
        let finding = Finding::new("no-usage-line", "one line", "none");
        let result = |check: &Check| match check.id {
            "wrong-calls" => CheckResult::failed(check, exercise, &finding),
            "mode" => CheckResult::cannot(check, "not here".into()),
            _ => CheckResult::passed(check),
        };
        let checks = exercise.checks.iter().map(result).collect();
        let report = Report::new(exercise, Path::new("program"), &machine(), checks, 0);
        let text = written(&[Named::from(&report)], Format::Text).expect("a text");
        assert!(text.contains("cannot   a new FILE has mode 0600"), "{text}");
        assert!(text.contains("not here"), "{text}");
    }

    /// All checks passed, but for the first one of this part, which could not be made.
    fn without_one(exercise: &Exercise, part: Part) -> Report {
        let mut open = exercise.checks_of(part).next().map(|check| check.id);
        let result = |check: &Check| match open.take_if(|id| *id == check.id) {
            Some(_) => CheckResult::cannot(check, "not here".into()),
            None => CheckResult::passed(check),
        };
        let checks = exercise.checks.iter().map(result).collect();
        Report::new(exercise, Path::new("program"), &machine(), checks, 0)
    }

    #[test]
    fn a_check_that_could_not_be_made_takes_no_points_on_any_platform() {
        let exercise = exercise(1).expect("exercise 1");
        let report = without_one(exercise, Part::Edge);
        assert!(report.open_points() > 0 && report.totals.points < 100, "{:?}", report.totals);
        assert_eq!(report.grade(), Some(100.0));
        let document = |format| -> Value {
            let text = written(&[Named::from(&report)], format).expect("a document");
            serde_json::from_str(&text).expect("JSON")
        };
        assert_eq!(document(Format::Gradescope)["score"], 100.0);
        assert_eq!(document(Format::Prairielearn)["score"], 1.0);
    }

    #[test]
    fn without_a_check_of_the_core_there_is_no_grade() {
        let report = without_one(exercise(1).expect("exercise 1"), Part::Core);
        assert_eq!(report.grade(), None);
        let row = written(&[Named::from(&report)], Format::Csv).expect("CSV");
        assert!(row.contains(",1,cannot be judged here,,"), "{row}");
    }
}
