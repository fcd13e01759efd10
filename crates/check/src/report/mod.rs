//! One result model, many formats.

mod gradescope;
mod json;
mod junit;
mod markdown;
mod model;
mod spreadsheet;
mod text;

pub use model::{CheckResult, Outcome, Report, State, Totals};
pub use spreadsheet::{Row, table};

use common::Result;
use common::clap::{self, ValueEnum};

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[clap(rename_all = "lower")]
pub enum Format {
    /// Text for people.
    Text,
    /// Everything, as JSON.
    Json,
    /// JUnit XML, for CI.
    Junit,
    /// Gradescope's `results.json`.
    Gradescope,
    /// Markdown, for a comment on a pull request.
    Markdown,
    /// One line per exercise, for a spreadsheet.
    Csv,
}

/// Writes reports in a format.
///
/// # Errors
/// A model that the format cannot hold.
pub fn written(reports: &[Report], format: Format) -> Result<String> {
    match format {
        Format::Text => Ok(reports.iter().map(text::written).collect::<Vec<_>>().join("\n")),
        Format::Json => json::written(reports),
        Format::Junit => junit::written(reports),
        Format::Gradescope => gradescope::written(reports),
        Format::Markdown => {
            Ok(reports.iter().map(markdown::written).collect::<Vec<_>>().join("\n"))
        }
        Format::Csv => spreadsheet::of_reports(reports),
    }
}
