//! For people: the diagnosis first.

use super::{CheckResult, MISSING, Outcome, Report, State};
use crate::exercises::Part;

pub(super) fn written(report: &Report) -> String {
    let mut lines = vec![heading(report)];
    lines.extend(report.compiler.iter().cloned());
    if report.compiler.is_none() {
        report.checks_of(Part::Core).for_each(|check| lines.extend(shown(check)));
        lines.extend(edges(report));
        for check in report.checks_of(Part::Extra) {
            lines.push("Extra credit:".into());
            lines.extend(shown(check));
        }
    }
    let totals = &report.totals;
    lines.push(format!(
        "{} of {} points: {} for the core, {} for the edges.",
        totals.points, totals.most, totals.core_points, totals.edge_points,
    ));
    lines.extend(report.not_judged.iter().map(|what| format!("Not judged: {what}.")));
    lines.extend(
        report.seed.map(|seed| format!("Inputs: drawn from the seed {seed} (--seed {seed}).")),
    );
    lines.extend(report.environment.weaker.iter().map(|weaker| format!("Mind: {weaker}.")));
    if report.diagnosis.is_some() {
        let number = report.exercise;
        lines.push(format!("A hint: just hint {number}, or cargo check-exercise hint {number}"));
    }
    lines.join("\n") + "\n"
}

fn heading(report: &Report) -> String {
    let number = report.exercise;
    match (report.outcome, &report.diagnosis) {
        (Outcome::NotSolved, Some(diagnosis)) => {
            let is = report.checks_of(Part::Core).find_map(|check| check.is.clone());
            let is = is.unwrap_or_else(|| match diagnosis.as_str() {
                MISSING => "there is no file to judge".into(),
                _ => "the program does not compile".into(),
            });
            format!("Exercise {number}: {diagnosis}: {is}")
        }
        (Outcome::CannotBeJudged, _) => {
            format!("Exercise {number}: this machine cannot judge all of it.")
        }
        _ => format!("Exercise {number}: {}.", report.verdict()),
    }
}

/// How many edges hold; once the core holds, the next one that does not.
fn edges(report: &Report) -> Vec<String> {
    let (held, all) = (report.totals.edges_held, report.totals.edges);
    let unjudged = report.checks_of(Part::Edge).filter(|check| check.state == State::Cannot);
    match (report.outcome, report.next_edge()) {
        _ if held == all => vec![format!("Edges: {held} of {all}.")],
        (Outcome::Solved, Some(next)) => {
            let first = format!("Edges: {held} of {all}, here is the next one:");
            std::iter::once(first).chain(shown(next)).collect()
        }
        (Outcome::Solved, None) => {
            let first = format!("Edges: {held} of {all}; this machine cannot judge the others:");
            std::iter::once(first).chain(unjudged.flat_map(shown)).collect()
        }
        _ => vec![format!("Edges: {held} of {all}.")],
    }
}

/// A check's line, and what there is to say about it.
fn shown(check: &CheckResult) -> Vec<String> {
    let first = format!("  {:8} {}", word(check.state), check.promise);
    let about = about(check).into_iter().map(|line| format!("           {line}"));
    std::iter::once(first).chain(about).collect()
}

/// A state as a word.
#[must_use]
pub fn word(state: State) -> &'static str {
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
