//! Markdown, for a pull request's comment.

use super::{CheckResult, Named, Report, State};
use crate::printable::printable_name;

pub(super) fn written(named: &Named) -> String {
    let report = named.report;
    let heading = report.verdict();
    let student = named.student.map(|student| format!("{}: ", cell(student))).unwrap_or_default();
    let (exercise, title) = (report.exercise, &report.title);
    let mut text = format!("## {student}Exercise {exercise}: {title}: {heading}\n\n");
    text += &format!("{}\n\n", super::text::sums(report).join("\n"));
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
    text += &not_made(report);
    if let Some(compiler) = &report.compiler {
        text += &format!("\n```text\n{}\n```\n", fenced(compiler));
    }
    for weaker in &report.environment.weaker {
        text += &format!("\n> {weaker}\n");
    }
    text
}

/// The checks that could not be made or were skipped, and why: those with the same reason together.
fn not_made(report: &Report) -> String {
    let is_not_made = |check: &&CheckResult| matches!(check.state, State::Cannot | State::Skipped);
    let checks: Vec<_> = report.checks.iter().filter(is_not_made).collect();
    let alike = |one: &&CheckResult, next: &&CheckResult| {
        (one.state, &one.actual) == (next.state, &next.actual)
    };
    let block = |checks: &[&CheckResult]| {
        let first = checks.first()?;
        let what = match checks {
            [check] => check.promise.clone(),
            several => format!("{} checks", several.len()),
        };
        let heading = format!("{:9}{what}", super::text::word(first.state));
        let about = super::text::about(first);
        let lines: Vec<_> = std::iter::once(heading).chain(about).collect();
        Some(format!("\n```text\n{}\n```\n", fenced(&lines.join("\n"))))
    };
    checks.chunk_by(alike).filter_map(block).collect()
}

/// A submission of a class that has no report.
pub struct Unreported<'e> {
    /// The folder's name.
    pub student: &'e str,
    /// 1 to 6.
    pub exercise: u8,
    /// What the exercise is about.
    pub title: &'e str,
    /// Why there is no report, in a few words.
    pub state: &'e str,
    /// The same in a sentence.
    pub said: &'e str,
    /// Names of files that are not graded.
    pub not_graded: &'e [String],
}

/// The section of a submission that has no report.
#[must_use]
pub fn markdown_section(of: &Unreported) -> String {
    let (student, exercise, title, state) = (cell(of.student), of.exercise, of.title, of.state);
    let mut text = format!("## {student}: Exercise {exercise}: {title}: {state}\n\n{}\n", of.said);
    for name in of.not_graded {
        text += &format!("\nNot graded: `{}`\n", name.replace('`', "'"));
    }
    text
}

fn cell(text: &str) -> String {
    printable_name(text).replace('|', "\\|")
}

/// What a program printed cannot end the block that it is shown in.
fn fenced(text: &str) -> String {
    text.replace("```", "` ` `")
}
