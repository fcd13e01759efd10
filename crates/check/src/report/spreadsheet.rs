//! A line an exercise, for teachers' spreadsheets.

use std::io;

use common::{Context, Result};
use serde::Serialize;

use super::Named;
use crate::printable::printable_name;

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The folder's name.
    pub student: String,
    /// 1 to 6.
    pub exercise: u8,
    /// `solved, edges included`, `solved`, `not solved`, `cannot be judged here`, `missing` or
    /// `fault in the judge`.
    pub state: String,
    /// [`grade`](super::Report::grade); empty if the submission must be judged again.
    pub grade: String,
    /// Points of the checks that passed.
    pub points: u32,
    /// Points of the checks that could be made and that apply to the program.
    pub of: u32,
    /// The first failed check's diagnosis.
    pub diagnosis: String,
}

impl Row {
    fn of(named: &Named) -> Self {
        let report = named.report;
        Self {
            student: named.student.unwrap_or_default().into(),
            exercise: report.exercise,
            state: report.verdict().into(),
            grade: written_grade(report.grade()),
            points: report.totals.points,
            of: report.judged_points(),
            diagnosis: report.diagnosis.clone().unwrap_or_default(),
        }
    }
}

/// A grade as a cell: nobody may take a missing one for 0.
#[must_use]
pub fn written_grade(grade: Option<f64>) -> String {
    grade.map(|grade| grade.to_string()).unwrap_or_default()
}

/// A folder's name that a spreadsheet would take for a formula gets a quotation mark in front.
fn harmless(name: &str) -> String {
    let formula = name.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let name = printable_name(name);
    if formula { format!("'{name}") } else { name }
}

pub(super) fn of_reports(reports: &[Named]) -> Result<String> {
    let rows = reports.iter().map(|named| row(&Row::of(named))).collect::<Result<Vec<_>>>()?;
    Ok(heading()? + "\n" + &rows.join("\n") + "\n")
}

/// The names of the columns.
///
/// # Errors
/// None that a `String` has.
pub fn heading() -> Result<String> {
    line(["student", "exercise", "state", "grade", "points", "of", "diagnosis"])
}

/// One line, without its newline. No cell is a formula.
///
/// # Errors
/// None that a `String` has.
pub fn row(row: &Row) -> Result<String> {
    line(Row { student: harmless(&row.student), ..row.clone() })
}

fn line(cells: impl Serialize) -> Result<String> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.serialize(cells).map_err(io::Error::other).step("write CSV")?;
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()));
    let text = String::from_utf8(bytes.step("write CSV")?).map_err(io::Error::other);
    Ok(text.step("write CSV")?.trim_end().to_owned())
}
