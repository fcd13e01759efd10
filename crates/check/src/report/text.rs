//! For people: the diagnosis first.

use super::{COLUMNS, CheckResult, ExerciseOutcome, MISSING, Report, State};
use crate::exercises::Part;

/// The text for so many columns: only tables are made for them.
pub(super) fn written(report: &Report, columns: usize) -> String {
    let mut lines = vec![heading(report)];
    lines.extend(report.compiler.iter().cloned());
    if report.compiler.is_none() {
        let core: Vec<_> = report.checks_of(Part::Core).collect();
        for checks in core.chunk_by(|one, next| are_skipped_alike(one, next)) {
            lines.extend(match checks {
                [check] => shown(check, columns),
                checks => shown_together(checks),
            });
        }
        lines.extend(edges(report, columns));
        for check in report.checks_of(Part::Extra) {
            lines.push("Extra credit:".into());
            lines.extend(shown(check, columns));
        }
    }
    lines.extend(sums(report));
    lines.extend(report.not_judged.iter().map(|what| format!("Not judged: {what}.")));
    lines.extend(
        report.seed.map(|seed| {
            format!("Inputs: drawn from the seed {seed}. Draw them again: --seed {seed}")
        }),
    );
    lines.extend(report.environment.weaker.iter().map(|weaker| format!("Mind: {weaker}.")));
    lines.extend(report.warnings.iter().map(|warning| format!("The compiler warns: {warning}")));
    if report.hinted().is_some() {
        let number = report.exercise;
        lines.push(format!("A hint: just hint {number}, or cargo check-exercise hint {number}"));
    }
    lines.join("\n") + "\n"
}

/// The points. A replay has none: most checks were not made.
pub(super) fn sums(report: &Report) -> Vec<String> {
    if report.replayed.is_some() {
        return vec![
            "Replayed: one order. A verdict with points needs a call without --schedule.".into(),
        ];
    }
    let totals = &report.totals;
    let beside = totals.points - totals.core_points - totals.edge_points;
    let beside = if beside > 0 { format!(", {beside} extra credit") } else { String::new() };
    let points = format!(
        "{} of {} points: {} for the core, {} for the edges{beside}.",
        totals.points, totals.most, totals.core_points, totals.edge_points,
    );
    [vec![points], super::uncounted(report)].concat()
}

fn heading(report: &Report) -> String {
    let number = report.exercise;
    if let Some(schedule) = report.replayed.as_ref().filter(|_| !report.is_verdict()) {
        let came = match report.is_clean_replay() {
            true => "nothing wrong in this order",
            false => "it could not be made",
        };
        return format!("Replay of {schedule}: {came}. This is no verdict.");
    }
    match (report.outcome, &report.diagnosis) {
        (ExerciseOutcome::NotSolved, Some(diagnosis)) => {
            let of_it = |check: &&CheckResult| check.diagnosis.as_ref() == Some(diagnosis);
            let is = report.checks_of(Part::Core).find(of_it).and_then(|check| check.is.clone());
            let is = is.unwrap_or_else(|| match diagnosis.as_str() {
                MISSING => "there is no file to judge".into(),
                _ => "the program does not compile".into(),
            });
            format!("Exercise {number}: {diagnosis}: {is}")
        }
        (ExerciseOutcome::CannotBeJudged, _) => {
            format!("Exercise {number}: this machine cannot judge all of it.")
        }
        _ => format!("Exercise {number}: {}.", report.verdict()),
    }
}

/// How many edges hold; once the core holds, the next one that does not.
fn edges(report: &Report, columns: usize) -> Vec<String> {
    let (held, all) = (report.totals.edges_held, report.totals.edges);
    let unjudged = report.checks_of(Part::Edge).filter(|check| check.state == State::Cannot);
    let unjudged = unjudged.flat_map(|check| shown(check, columns));
    match (report.outcome, report.next_edge()) {
        _ if held == all => vec![format!("Edges: {held} of {all}.")],
        (ExerciseOutcome::Solved, Some(next)) => {
            let first = format!("Edges: {held} of {all}, here is the next one:");
            std::iter::once(first).chain(shown(next, columns)).chain(unjudged).collect()
        }
        (ExerciseOutcome::Solved, None) => {
            let first = format!("Edges: {held} of {all}; this machine cannot judge the others:");
            std::iter::once(first).chain(unjudged).collect()
        }
        _ => std::iter::once(untried(report, held, all)).chain(unjudged).collect(),
    }
}

/// How many edges hold of a program whose core does not: most of them were skipped.
fn untried(report: &Report, held: usize, all: usize) -> String {
    let skipped =
        report.checks_of(Part::Edge).filter(|check| check.state == State::Skipped).count();
    match skipped {
        0 => format!("Edges: {held} of {all}."),
        _ if skipped == all => "Edges: not tried, because the core comes first.".into(),
        _ => format!(
            "Edges: {held} of {all}; {skipped} were not tried, because the core comes first."
        ),
    }
}

/// Whether both checks were skipped for the same reason.
fn are_skipped_alike(one: &CheckResult, next: &CheckResult) -> bool {
    let skipped = |check: &CheckResult| check.state == State::Skipped;
    skipped(one) && skipped(next) && one.actual == next.actual
}

/// The lines of several checks that were skipped for the same reason.
fn shown_together(checks: &[&CheckResult]) -> Vec<String> {
    let mut lines = vec![format!("  {:8} {} checks", word(State::Skipped), checks.len())];
    let why = checks.first().and_then(|check| check.actual.as_ref());
    lines.extend(why.map(|why| format!("           {:9}{why}", "because")));
    lines
}

/// A check's line, and what there is to say about it.
fn shown(check: &CheckResult, columns: usize) -> Vec<String> {
    let indented = |line: &String| format!("           {line}");
    let mut lines = vec![format!("  {:8} {}", word(check.state), check.promise)];
    lines.extend(facts(check).iter().map(indented));
    lines.extend(check.table.iter().flat_map(|table| table.lines(columns)));
    lines.extend(check.details.iter().map(indented));
    lines
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
    let table = check.table.iter().flat_map(|table| table.lines(COLUMNS));
    facts(check).into_iter().chain(table).chain(check.details.iter().cloned()).collect()
}

/// The diagnosis, and what was expected and seen.
fn facts(check: &CheckResult) -> Vec<String> {
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
    lines
}
