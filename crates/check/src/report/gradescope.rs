//! Gradescope's `results.json`: a test a check; extra credit has a maximum of 0.
//!
//! A check that this machine could not make is a test without a status and without points: it neither
//! gives nor takes any. The output says how many points are open, so that a person can decide.

use common::{Context, Result};
use serde_json::{Value, json};

use super::{CheckResult, Report, State};
use crate::exercises::Part;

pub(super) fn written(reports: &[Report]) -> Result<String> {
    let tests: Vec<Value> = reports
        .iter()
        .flat_map(|report| report.checks.iter().map(|check| test(report, check)))
        .collect();
    let time: u64 = reports.iter().map(|report| report.totals.milliseconds).sum();
    let points: u32 = reports.iter().map(|report| report.totals.points).sum();
    let weaker = reports.first().map(|report| report.environment.weaker.join("; "));
    let compiler: Vec<_> = reports.iter().filter_map(|report| report.compiler.clone()).collect();
    let output = [open_points(reports), weaker.unwrap_or_default(), compiler.join("\n")].join("\n");
    let whole = json!({
        "score": points,
        "execution_time": time.div_ceil(1000),
        "output": output.trim(),
        "output_format": "text",
        "stdout_visibility": "visible",
        "tests": tests,
    });
    serde_json::to_string_pretty(&whole).step("write JSON")
}

/// The points of checks that could not be made, in words; nothing if there are none.
fn open_points(reports: &[Report]) -> String {
    let all = reports.iter().flat_map(|report| &report.checks);
    let open = all.filter(|check| check.state == State::Cannot && check.part != Part::Extra);
    match open.map(|check| check.points).sum::<u32>() {
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
