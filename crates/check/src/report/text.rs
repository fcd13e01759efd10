//! For people: the diagnosis first.

use super::{CheckResult, Outcome, Report, State};

pub(super) fn written(report: &Report) -> String {
    let number = report.exercise;
    let mut lines = Vec::new();
    lines.push(match (report.outcome, &report.diagnosis) {
        (Outcome::Solved, _) => format!("Exercise {number}: solved."),
        (Outcome::CannotBeJudged, _) => {
            format!("Exercise {number}: this machine cannot judge all of it.")
        }
        (Outcome::NotSolved, Some(diagnosis)) => {
            let first = report.checks.iter().find_map(|check| check.is.clone());
            let is = first.unwrap_or_else(|| "the program does not compile".into());
            format!("Exercise {number}: {diagnosis}: {is}")
        }
        (Outcome::NotSolved, None) => format!("Exercise {number}: not solved."),
    });
    lines.extend(report.compiler.iter().cloned());
    if report.compiler.is_none() {
        for check in &report.checks {
            let extra = if check.extra { " (extra credit)" } else { "" };
            let (state, promise) = (word(check.state), &check.promise);
            lines.push(format!("  {state:8} {promise}{extra}"));
            lines.extend(about(check).into_iter().map(|line| format!("           {line}")));
        }
    }
    let totals = &report.totals;
    lines.push(format!("{} of {} points.", totals.points, totals.most));
    lines.extend(report.environment.weaker.iter().map(|weaker| format!("Mind: {weaker}.")));
    if report.outcome == Outcome::NotSolved {
        lines.push(format!("A hint: just hint {number}, or cargo check-exercise hint {number}"));
    }
    lines.join("\n") + "\n"
}

/// A state as a word.
pub(super) fn word(state: State) -> &'static str {
    match state {
        State::Passed => "passed",
        State::Failed => "FAILED",
        State::Skipped => "skipped",
        State::Cannot => "cannot",
    }
}

/// What there is to say about a check that did not pass, a line each.
pub(super) fn about(check: &CheckResult) -> Vec<String> {
    let mut lines = Vec::new();
    if let (Some(diagnosis), Some(is)) = (&check.diagnosis, &check.is) {
        lines.push(format!("{diagnosis}: {is}"));
    }
    let replay = check.schedule.as_ref().map(|schedule| format!("--schedule {schedule}"));
    let named = [
        ("expected", &check.expected),
        (if check.state == State::Failed { "seen" } else { "because" }, &check.actual),
        ("why", &check.why),
        ("read", &check.lesson),
        ("replay", &replay),
    ];
    for (name, text) in named {
        lines.extend(text.iter().map(|text| format!("{name:9}{text}")));
    }
    lines.extend(check.details.iter().cloned());
    lines
}
