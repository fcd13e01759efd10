//! Gradescope's `results.json`: a test a check; extra credit has a maximum of 0.
//!
//! A check that this machine could not make is a test without a status and without points: it neither
//! gives nor takes any. The output says how many points are open, so that a person can decide.

use std::collections::BTreeSet;

use common::{Context, Result};
use serde_json::{Value, json};

use super::{CheckResult, Named, Report, State};
use crate::exercises::Part;

/// The results of one student; of a class, an object with the results of each by name.
pub(super) fn written(reports: &[Named]) -> Result<String> {
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

fn results(reports: &[&Report]) -> Value {
    let tests: Vec<Value> = reports
        .iter()
        .flat_map(|report| report.checks.iter().map(|check| test(report, check)))
        .collect();
    let time: u64 = reports.iter().map(|report| report.totals.milliseconds).sum();
    let points: u32 = reports.iter().map(|report| report.totals.points).sum();
    let weaker = reports.first().map(|report| report.environment.weaker.join("; "));
    let compiler: Vec<_> = reports.iter().filter_map(|report| report.compiler.clone()).collect();
    let output = [open_points(reports), weaker.unwrap_or_default(), compiler.join("\n")].join("\n");
    json!({
        "score": points,
        "execution_time": time.div_ceil(1000),
        "output": output.trim(),
        "output_format": "text",
        "stdout_visibility": "visible",
        "tests": tests,
    })
}

/// The points of checks that could not be made, in words; nothing if there are none.
fn open_points(reports: &[&Report]) -> String {
    match reports.iter().map(|report| report.open_points()).sum::<u32>() {
        0 => String::new(),
        points => format!(
            "{points} points could not be judged on this machine. They are neither given nor taken: \
             judge the program again where the reasons below do not hold."
        ),
    }
}

fn test(report: &Report, check: &CheckResult) -> Value {
    let score = if check.state == State::Passed { check.points } else { 0 };
    let counts = check.part != Part::Extra && check.state != State::Cannot;
    let mut test = json!({
        "name": format!("{}: {}", check.id, check.promise),
        "number": report.exercise.to_string(),
        "score": score,
        "max_score": if counts { check.points } else { 0 },
        "output": super::text::about(check).join("\n"),
        "output_format": "text",
        "visibility": "visible",
    });
    if check.state != State::Cannot {
        test["status"] = if check.state == State::Passed { "passed" } else { "failed" }.into();
    }
    test
}
