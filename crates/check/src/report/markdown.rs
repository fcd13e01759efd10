//! Markdown, for a pull request's comment.

use super::{Named, State};

pub(super) fn written(named: &Named) -> String {
    let report = named.report;
    let heading = report.verdict();
    let student = named.student.map(|student| format!("{}: ", cell(student))).unwrap_or_default();
    let (exercise, title) = (report.exercise, &report.title);
    let mut text = format!("## {student}Exercise {exercise}: {title}: {heading}\n\n");
    text += &format!("{} of {} points.\n\n", report.totals.points, report.totals.most);
    text += "| check | part | points | state | diagnosis |\n| --- | --- | --- | --- | --- |\n";
    for check in &report.checks {
        let earned = if check.state == State::Passed { check.points } else { 0 };
        let state = super::text::word(check.state);
        let diagnosis = check.diagnosis.as_deref().unwrap_or_default();
        let promise = cell(&check.promise);
        let part = check.part.word();
        text += &format!(
            "| {promise} | {part} | {earned}/{} | {state} | {diagnosis} |\n",
            check.points
        );
    }
    for check in report.checks.iter().filter(|check| check.state == State::Failed) {
        text += &format!("\n```text\n{}\n```\n", fenced(&super::text::about(check).join("\n")));
    }
    if let Some(compiler) = &report.compiler {
        text += &format!("\n```text\n{}\n```\n", fenced(compiler));
    }
    for weaker in &report.environment.weaker {
        text += &format!("\n> {weaker}\n");
    }
    text
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// What a program printed cannot end the block that it is shown in.
fn fenced(text: &str) -> String {
    text.replace("```", "` ` `")
}
