//! Gradescope's `results.json`: a test a check; extra credit has a maximum of 0.

use common::{Context, Result};
use serde_json::{Value, json};

use super::{CheckResult, Report, State};

pub(super) fn written(reports: &[Report]) -> Result<String> {
    let tests: Vec<Value> = reports
        .iter()
        .flat_map(|report| report.checks.iter().map(|check| test(report, check)))
        .collect();
    let time: u64 = reports.iter().map(|report| report.totals.milliseconds).sum();
    let points: u32 = reports.iter().map(|report| report.totals.points).sum();
    let weaker = reports.first().map(|report| report.environment.weaker.join("; "));
    let compiler: Vec<_> = reports.iter().filter_map(|report| report.compiler.clone()).collect();
    let output = [weaker.unwrap_or_default(), compiler.join("\n")].join("\n");
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

fn test(report: &Report, check: &CheckResult) -> Value {
    let score = if check.state == State::Passed { check.points } else { 0 };
    json!({
        "name": format!("{}: {}", check.id, check.promise),
        "number": report.exercise.to_string(),
        "score": score,
        "max_score": if check.extra { 0 } else { check.points },
        "status": if check.state == State::Passed { "passed" } else { "failed" },
        "output": super::text::about(check).join("\n"),
        "output_format": "text",
        "visibility": "visible",
    })
}
