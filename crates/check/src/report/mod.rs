//! One result model, many formats.

mod gradescope;
mod json;
mod junit;
mod markdown;
mod model;
mod screen;
mod spreadsheet;
mod text;

pub use model::{CheckResult, Outcome, Report, State, Totals};
pub use screen::on_screen;
pub use spreadsheet::{Row, heading, row};
pub use text::word;

use common::Result;
use common::clap::{self, ValueEnum};
use serde::Serialize;

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
    /// Markdown, for a comment on a pull request.
    Markdown,
    /// One line per exercise, for a spreadsheet.
    Csv,
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
        Format::Text => {
            Ok(reports.iter().map(|one| text::written(one.report)).collect::<Vec<_>>().join("\n"))
        }
        Format::Json => json::written(reports),
        Format::Jsonl => json::lines(reports),
        Format::Junit => junit::written(reports),
        Format::Gradescope => gradescope::written(reports),
        Format::Markdown => {
            Ok(reports.iter().map(markdown::written).collect::<Vec<_>>().join("\n"))
        }
        Format::Csv => spreadsheet::of_reports(reports),
    }
}
