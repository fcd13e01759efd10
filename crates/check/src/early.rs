//! The core's verdict on a terminal, as soon as it is known: the edges take longer to judge than the core, and the
//! report comes only when all checks are made. The line disappears when the report comes.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::exercises::{Exercise, Part};
use crate::report::{CheckResult, ExerciseOutcome};

/// A line on standard error, if standard error is a terminal.
pub(crate) struct EarlyVerdict<'e> {
    exercise: &'e Exercise,
    line: ProgressBar,
}

impl<'e> EarlyVerdict<'e> {
    /// Shows the line only if somebody waits for the verdict at a terminal.
    pub(crate) fn new(exercise: &'e Exercise, is_awaited: bool) -> Self {
        let target = match is_awaited && std::io::stderr().is_terminal() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let line = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
            line.set_style(style);
        }
        let early = Self { exercise, line };
        early.show(&[]);
        early
    }

    /// Shows how far the judge is.
    pub(crate) fn show(&self, results: &[CheckResult]) {
        if !self.line.is_hidden() {
            self.line.set_message(in_words(self.exercise, results));
        }
    }
}

impl Drop for EarlyVerdict<'_> {
    fn drop(&mut self) {
        self.line.finish_and_clear();
    }
}

/// How far the judge is, in a line.
fn in_words(exercise: &Exercise, results: &[CheckResult]) -> String {
    let number = exercise.number;
    let is_made = |id: &str| results.iter().any(|result| result.id == id);
    let left = |core: bool| {
        let of_this = exercise.checks.iter().filter(|check| (check.part == Part::Core) == core);
        let all = of_this.clone().count();
        (of_this.filter(|check| is_made(check.id)).count(), all)
    };
    let (made, core) = left(true);
    if made < core {
        return format!("Exercise {number}: {made} of {core} core checks done …");
    }
    let verdict = match (
        ExerciseOutcome::of(results),
        results.iter().find_map(|made| made.diagnosis.as_ref()),
    ) {
        (ExerciseOutcome::NotSolved, Some(diagnosis)) => format!("not solved ({diagnosis})"),
        (outcome, _) => outcome.word().into(),
    };
    let (made, rest) = left(false);
    format!("Exercise {number}: {verdict}. {made} of {rest} other checks done …")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exercises::EXERCISES;
    use crate::report::State;

    /// Results of the first `count` checks. The first check has the state `first`, and the others have passed.
    fn results(count: usize, first: State) -> Vec<CheckResult> {
        let checks = EXERCISES[0].checks.iter().take(count);
        let mut results: Vec<_> = checks.map(CheckResult::passed).collect();
        results[0].state = first;
        results[0].diagnosis = (first == State::Failed).then(|| "off-by-one".into());
        results
    }

    #[test]
    fn the_verdict_is_shown_when_the_last_check_of_the_core_is_made() {
        let exercise = &EXERCISES[0];
        let core = exercise.checks.iter().filter(|check| check.part == Part::Core).count();
        let rest = exercise.checks.len() - core;
        let told = |count, first| in_words(exercise, &results(count, first));
        assert_eq!(
            told(core - 1, State::Passed),
            format!("Exercise 1: {} of {core} core checks done …", core - 1)
        );
        assert_eq!(
            told(core, State::Passed),
            format!("Exercise 1: solved. 0 of {rest} other checks done …")
        );
        assert_eq!(
            told(core + 1, State::Failed),
            format!("Exercise 1: not solved (off-by-one). 1 of {rest} other checks done …")
        );
        assert_eq!(
            told(core, State::Cannot),
            format!("Exercise 1: cannot be judged here. 0 of {rest} other checks done …")
        );
    }
}
