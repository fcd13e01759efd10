//! PrairieLearn's `results.json`: a score from 0 to 1, and a test for each check.
//!
//! What cannot be graded costs no attempt: a program that does not compile, a missing file, and a check of
//! the core that this machine could not make.

use serde_json::{Value, json};

use super::{CheckResult, Report, State};
use crate::exercises::Part;

/// The results of one student: the mean of the exercises.
pub(super) fn results(reports: &[&Report]) -> Value {
    let grades: Option<Vec<f64>> = reports.iter().map(|report| report.grade()).collect();
    let is_built = reports.iter().all(|report| report.compiler.is_none());
    let summary = super::summary(reports);
    let grades = grades.filter(|grades| is_built && !grades.is_empty());
    let Some(grades) = grades else {
        return json!({ "gradable": false, "format_errors": summary });
    };
    let tests: Vec<Value> =
        reports.iter().flat_map(|report| report.checks.iter().map(test)).collect();
    let mean = grades.iter().sum::<f64>() / grades.len() as f64;
    json!({
        "gradable": true,
        "score": (mean / 100.0).min(1.0),
        "message": summary.join("\n"),
        "tests": tests,
    })
}

/// One check. A check that could not be made, and extra credit, have a maximum of 0.
fn test(check: &CheckResult) -> Value {
    let counts = check.part != Part::Extra && check.state != State::Cannot;
    let about = super::text::about(check);
    json!({
        "name": check.id,
        "description": check.promise,
        "points": if check.state == State::Passed { check.points } else { 0 },
        "max_points": if counts { check.points } else { 0 },
        "message": match check.state {
            State::Passed => "",
            state => super::word(state),
        },
        "output": about.join("\n"),
    })
}
