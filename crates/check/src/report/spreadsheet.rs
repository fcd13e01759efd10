//! A line an exercise, for teachers' spreadsheets.

use std::io;

use common::{Context, Result};
use serde::Serialize;

use super::Report;
use crate::exercises::Exercise;

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The folder's name.
    pub student: String,
    /// 1 to 6.
    pub exercise: u8,
    /// `solved, edges included`, `solved`, `not solved`, `cannot be judged here`, `missing` or
    /// `fault`.
    pub state: String,
    /// Points of the checks that passed.
    pub points: u32,
    /// The first failed check's diagnosis.
    pub diagnosis: String,
}

impl Row {
    /// A student's line for one report.
    #[must_use]
    pub fn of(student: &str, report: &Report) -> Self {
        let state = report.verdict();
        Self {
            student: harmless(student),
            exercise: report.exercise,
            state: state.into(),
            points: report.totals.points,
            diagnosis: report.diagnosis.clone().unwrap_or_default(),
        }
    }
}

impl Row {
    /// A student's line where there is no report.
    #[must_use]
    pub fn without(student: &str, exercise: &Exercise, state: &str, diagnosis: &str) -> Self {
        Self {
            student: harmless(student),
            exercise: exercise.number,
            state: state.into(),
            points: 0,
            diagnosis: diagnosis.into(),
        }
    }
}

/// A folder's name that a spreadsheet would take for a formula gets a quotation mark in front.
fn harmless(name: &str) -> String {
    let formula = name.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{name}") } else { name.into() }
}

pub(super) fn of_reports(reports: &[Report]) -> Result<String> {
    table(&reports.iter().map(|report| Row::of("", report)).collect::<Vec<_>>())
}

/// The table, with its heading.
///
/// # Errors
/// None that a `String` has.
pub fn table(rows: &[Row]) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(io::Error::other).step("write CSV")?;
    }
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()));
    let bytes = bytes.step("write CSV")?;
    String::from_utf8(bytes).map_err(io::Error::other).step("write CSV")
}
