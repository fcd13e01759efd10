//! Gradescope's `results.json`: a test for each check; extra credit has a maximum of 0.
//!
//! Each exercise counts 100 points, however many of its checks could be made here. If a check of the core
//! could not be made, the document has no score at all: Gradescope then shows that grading failed, and
//! the submission has to be graded again elsewhere.

use serde_json::{Value, json};

use super::{CheckResult, Report, State};
use crate::exercises::Part;

/// The results of one student.
pub(super) fn results(reports: &[&Report]) -> Value {
    let score: Option<f64> = reports.iter().map(|report| report.grade()).sum();
    let tests: Vec<Value> = reports
        .iter()
        .flat_map(|report| report.checks.iter().map(|check| test(report, check, score.is_some())))
        .collect();
    let time: u64 = reports.iter().map(|report| report.totals.milliseconds).sum();
    let mut document = json!({
        "execution_time": time.div_ceil(1000),
        "output": super::summary(reports).join("\n"),
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": tests,
    });
    if let Some(score) = score {
        document["score"] = score.into();
    }
    document
}

/// One check. A check that could not be made has no status and no points.
fn test(report: &Report, check: &CheckResult, with_points: bool) -> Value {
    let mut test = json!({
        "name": format!("{}: {}", check.id, check.promise),
        "number": report.exercise.to_string(),
        "output": super::text::about(check).join("\n"),
        "output_format": "text",
        "visibility": "visible",
    });
    if with_points {
        let counts = check.part != Part::Extra && check.state != State::Cannot;
        test["score"] = if check.state == State::Passed { check.points } else { 0 }.into();
        test["max_score"] = if counts { check.points } else { 0 }.into();
    }
    if check.state != State::Cannot {
        test["status"] = if check.state == State::Passed { "passed" } else { "failed" }.into();
    }
    test
}
