//! The one result model: every format is made from it and from nothing else.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use explore::table::Table;
use explore::timeline::Timeline;
use serde::{Deserialize, Serialize};

use crate::exercises::{Check, Exercise, Part};
use crate::language::Language;
use crate::machine::Machine;
use crate::verdict::{Finding, REPLAYED};

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The promise holds.
    Passed,
    /// It does not.
    Failed,
    /// It depends on one that did not pass, or the program has nothing that it is about.
    Skipped,
    /// This machine cannot judge it.
    Cannot,
}

/// How an exercise came out, and the judge's exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExerciseOutcome {
    /// Every check of the core passed.
    Solved,
    /// One of them failed.
    NotSolved,
    /// None of them failed, and this machine could not judge all of them.
    CannotBeJudged,
}

impl ExerciseOutcome {
    /// What follows from the checks of the core.
    pub(crate) fn of(checks: &[CheckResult]) -> Self {
        let core = || checks.iter().filter(|check| check.part == Part::Core);
        let any = |state| core().any(|check| check.state == state);
        let not_made = |check: &CheckResult| check.state == State::Skipped && check.points > 0;
        let cannot = |check: &CheckResult| check.state == State::Cannot && !check.where_possible;
        match (any(State::Failed), core().any(cannot)) {
            (true, _) => Self::NotSolved,
            (false, true) => Self::CannotBeJudged,
            (false, false) if core().any(not_made) => Self::NotSolved,
            (false, false) => Self::Solved,
        }
    }

    /// In words.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Solved => "solved",
            Self::NotSolved => "not solved",
            Self::CannotBeJudged => "cannot be judged here",
        }
    }
}

/// One exercise, judged.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Which.
    pub exercise: u8,
    /// What it is about.
    pub title: String,
    /// What was judged.
    pub program: String,
    /// Where.
    pub environment: Machine,
    /// How it came out.
    pub outcome: ExerciseOutcome,
    /// The first failed check's diagnosis, or its cause if another check has found it. The core comes first.
    pub diagnosis: Option<String>,
    /// Why there is no program: what the compiler said, or that there is no file.
    pub compiler: Option<String>,
    /// What the compiler warned of, in short.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Every check, in order.
    pub checks: Vec<CheckResult>,
    /// The sums.
    pub totals: Totals,
    /// The same for programs whose runs did the same: the calls about FILE, the stores, the verdicts.
    pub fingerprint: String,
    /// What no run shows, so that no verdict is about it.
    pub not_judged: Vec<String>,
    /// From what the inputs were drawn: `--seed` draws them again.
    pub seed: Option<u64>,
    /// Which schedule was replayed instead of trying all: then this is no verdict on the exercise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed: Option<String>,
}

/// One check's result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CheckResult {
    /// Its short name.
    pub id: String,
    /// What was judged.
    pub promise: String,
    /// What it is worth.
    pub points: u32,
    /// Which part of the contract it belongs to.
    pub part: Part,
    /// Where this machine cannot make it, the others decide.
    pub where_possible: bool,
    /// How it came out.
    pub state: State,
    /// What is wrong, by name.
    pub diagnosis: Option<String>,
    /// What is wrong, in a sentence.
    pub is: Option<String>,
    /// What should have been seen.
    pub expected: Option<String>,
    /// What was seen; of a check that was not made, why.
    pub actual: Option<String>,
    /// What two processes did, in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Table>,
    /// The same, step by step, for a page that shows it.
    #[serde(skip)]
    pub timeline: Option<Timeline>,
    /// More lines.
    pub details: Vec<String>,
    /// Why it matters.
    pub why: Option<String>,
    /// The first hint.
    pub hint: Option<String>,
    /// Where the lesson explains it.
    pub lesson: Option<String>,
    /// By which schedule it shows again.
    pub schedule: Option<String>,
    /// How long judging took.
    pub milliseconds: u64,
    /// What the program did, for [`Report::fingerprint`].
    #[serde(skip)]
    pub done: Vec<String>,
}

/// The sums of a report.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Points of the checks that passed.
    pub points: u32,
    /// Points that there are, without extra credit.
    pub most: u32,
    /// Points of the checks of the core that passed.
    pub core_points: u32,
    /// Points of the edges that hold.
    pub edge_points: u32,
    /// Edges that hold.
    pub edges_held: usize,
    /// Edges that there are.
    pub edges: usize,
    /// Checks that passed.
    pub passed: usize,
    /// That failed.
    pub failed: usize,
    /// That were skipped.
    pub skipped: usize,
    /// That this machine could not judge.
    pub cannot: usize,
    /// How long all took.
    pub milliseconds: u64,
}

/// Diagnoses that can be the cause of another one, which comes first by chance: of the loss when many run at once.
const CAUSES: [(&str, &str); 1] = [("lost-addition", "lock-file-removed")];

/// The first of a part's diagnoses, unless another one of them is its cause.
fn cause_of(found: &[String]) -> Option<&String> {
    let first = found.first()?;
    let is_cause = |other: &&String| CAUSES.contains(&(first, other));
    found.iter().find(is_cause).or(Some(first))
}

/// The diagnosis of a folder without a file for the exercise.
pub const MISSING: &str = "missing";

impl Report {
    /// The report of these results.
    #[must_use]
    pub fn new(
        exercise: &Exercise,
        program: &Path,
        machine: &Machine,
        checks: Vec<CheckResult>,
        milliseconds: u64,
    ) -> Self {
        let count = |state| checks.iter().filter(|check| check.state == state).count();
        let passed = || checks.iter().filter(|check| check.state == State::Passed);
        let is_not_extra = |check: &&CheckResult| check.part != Part::Extra;
        let is_of = |part| move |check: &&CheckResult| check.part == part;
        let totals = Totals {
            points: passed().map(|check| check.points).sum(),
            most: checks.iter().filter(is_not_extra).map(|check| check.points).sum(),
            core_points: passed().filter(is_of(Part::Core)).map(|check| check.points).sum(),
            edge_points: passed().filter(is_of(Part::Edge)).map(|check| check.points).sum(),
            edges_held: passed().filter(is_of(Part::Edge)).count(),
            edges: exercise.checks_of(Part::Edge).count(),
            passed: count(State::Passed),
            failed: count(State::Failed),
            skipped: count(State::Skipped),
            cannot: count(State::Cannot),
            milliseconds,
        };
        let outcome = ExerciseOutcome::of(&checks);
        let mut parts = [Part::Core, Part::Edge].into_iter();
        let diagnosis = parts.find_map(|part| {
            let found =
                checks.iter().filter(is_of(part)).filter_map(|check| check.diagnosis.clone());
            let found: Vec<String> = found.collect();
            cause_of(&found).cloned()
        });
        Self {
            exercise: exercise.number,
            title: exercise.title.into(),
            program: program.display().to_string(),
            environment: machine.clone(),
            outcome,
            diagnosis,
            compiler: None,
            warnings: Vec::new(),
            fingerprint: fingerprint(exercise, &checks),
            checks,
            totals,
            not_judged: exercise.not_judged_in(Language::of_program(program)),
            seed: None,
            replayed: None,
        }
    }

    /// The report of a replay. What went wrong in it is a verdict; that nothing did is none, because the
    /// other orders were not tried.
    #[must_use]
    pub fn of_replay(self, schedule: String) -> Self {
        let (outcome, diagnosis) = match self.outcome {
            ExerciseOutcome::NotSolved => (ExerciseOutcome::NotSolved, self.diagnosis),
            ExerciseOutcome::Solved | ExerciseOutcome::CannotBeJudged => {
                (ExerciseOutcome::CannotBeJudged, None)
            }
        };
        Self { outcome, diagnosis, replayed: Some(schedule), ..self }
    }

    /// Whether it says what comes of the whole exercise, or what is wrong: a replay in which nothing was wrong
    /// says neither.
    #[must_use]
    pub fn is_verdict(&self) -> bool {
        self.replayed.is_none() || self.outcome == ExerciseOutcome::NotSolved
    }

    /// Whether a schedule was replayed, and nothing was wrong in this order.
    #[must_use]
    pub fn is_clean_replay(&self) -> bool {
        let was_made = |check: &CheckResult| check.done.iter().any(|done| done == REPLAYED);
        self.replayed.is_some()
            && self.outcome == ExerciseOutcome::CannotBeJudged
            && self.checks.iter().any(|check| check.state == State::Passed && was_made(check))
    }

    /// The report of a program that could not be built.
    #[must_use]
    pub fn not_built(
        exercise: &Exercise,
        source: &Path,
        machine: &Machine,
        compiler: &str,
    ) -> Self {
        let skip = |check| CheckResult::skipped(check, "the program does not compile".into());
        let checks = exercise.checks.iter().map(skip).collect();
        let mut report = Self::new(exercise, source, machine, checks, 0);
        report.outcome = ExerciseOutcome::NotSolved;
        report.diagnosis = Some("does-not-compile".into());
        report.compiler = Some(compiler.into());
        report.not_judged = Vec::new(); // Nothing was judged.
        report
    }
}

impl Report {
    /// The report of a folder that holds no answer; `said` names what it holds instead.
    #[must_use]
    pub fn missing(exercise: &Exercise, folder: &Path, machine: &Machine, said: &str) -> Self {
        let mut report = Self::not_built(exercise, folder, machine, said);
        report.checks = exercise
            .checks
            .iter()
            .map(|check| CheckResult::skipped(check, "there is no file to judge".into()))
            .collect();
        report.diagnosis = Some(MISSING.into());
        report
    }

    /// Which diagnosis the next hint is about: the verdict's, or else that of the extra credit.
    #[must_use]
    pub fn hinted(&self) -> Option<&String> {
        let extra = self.checks_of(Part::Extra).find_map(|check| check.diagnosis.as_ref());
        self.diagnosis.as_ref().or(extra)
    }

    /// Points of the checks that could be made here and that apply to this program.
    #[must_use]
    pub fn judged_points(&self) -> u32 {
        self.totals.most.saturating_sub(self.open_points())
    }

    /// The points for a gradebook, 100 for all that could be judged and more with extra credit. `None` if
    /// a check of the core could not be made: then the program must be judged on another machine.
    #[must_use]
    pub fn grade(&self) -> Option<f64> {
        let is_open = |check: &CheckResult| check.state == State::Cannot && !check.where_possible;
        let most = self.judged_points();
        if most == 0 || self.replayed.is_some() || self.checks_of(Part::Core).any(is_open) {
            return None;
        }
        // One digit: what a gradebook shows.
        Some((f64::from(self.totals.points) * 1000.0 / f64::from(most)).round() / 10.0)
    }

    /// The results of one part, in order.
    pub fn checks_of(&self, part: Part) -> impl Iterator<Item = &CheckResult> {
        self.checks.iter().filter(move |check| check.part == part)
    }

    /// Points of checks that this machine could not make, without extra credit.
    #[must_use]
    pub fn open_points(&self) -> u32 {
        let open = self.checks.iter().filter(|check| check.state == State::Cannot);
        open.filter(|check| check.part != Part::Extra).map(|check| check.points).sum()
    }

    /// The first edge that does not hold.
    #[must_use]
    pub fn next_edge(&self) -> Option<&CheckResult> {
        self.checks_of(Part::Edge).find(|check| check.state == State::Failed)
    }

    /// The verdict in a few words.
    #[must_use]
    pub fn verdict(&self) -> &'static str {
        match self.outcome {
            _ if self.is_clean_replay() => "one order replayed, nothing wrong in it: no verdict",
            ExerciseOutcome::Solved if self.totals.edges_held == self.totals.edges => {
                "solved, edges included"
            }
            outcome => outcome.word(),
        }
    }
}

fn fingerprint(exercise: &Exercise, checks: &[CheckResult]) -> String {
    let mut hasher = DefaultHasher::new();
    exercise.number.hash(&mut hasher);
    for check in checks {
        (&check.id, check.state as u8, &check.diagnosis, &check.done).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

impl CheckResult {
    fn of(check: &Check, state: State) -> Self {
        Self {
            id: check.id.into(),
            promise: check.promise.into(),
            points: check.points,
            part: check.part,
            where_possible: check.where_possible,
            state,
            diagnosis: None,
            is: None,
            expected: None,
            actual: None,
            table: None,
            timeline: None,
            details: Vec::new(),
            why: None,
            hint: None,
            lesson: None,
            schedule: None,
            milliseconds: 0,
            done: Vec::new(),
        }
    }

    /// The promise holds.
    #[must_use]
    pub fn passed(check: &Check) -> Self {
        Self::of(check, State::Passed)
    }

    /// It was not judged, for this reason.
    #[must_use]
    pub fn skipped(check: &Check, why: String) -> Self {
        Self { actual: Some(why), ..Self::of(check, State::Skipped) }
    }

    /// The program has nothing that it is about, for this reason: it neither gives nor takes points.
    #[must_use]
    pub fn without_object(check: &Check, why: String) -> Self {
        let why = format!("{why}: this check neither gives nor takes points");
        Self { points: 0, ..Self::skipped(check, why) }
    }

    /// This machine cannot judge it, for this reason.
    #[must_use]
    pub fn cannot(check: &Check, why: String) -> Self {
        Self { actual: Some(why), ..Self::of(check, State::Cannot) }
    }

    /// This machine could not make a part of the check: what it promises, and why. The rest of the check decides.
    #[must_use]
    pub fn part_not_made(check: &Check, place: usize, (promise, why): (String, String)) -> Self {
        let id = format!("{}-part-{}", check.id, place + 1);
        let cannot = Self::cannot(check, why);
        Self { id, promise, points: 0, part: Part::Core, where_possible: true, ..cannot }
    }

    /// It was broken.
    #[must_use]
    pub fn failed(check: &Check, exercise: &Exercise, finding: &Finding) -> Self {
        let found = exercise.diagnosis(finding.diagnosis);
        let text = |text: &str| Some(text.to_owned());
        Self {
            diagnosis: text(finding.diagnosis),
            is: found.and_then(|found| text(found.is)),
            expected: text(&finding.expected),
            actual: text(&finding.actual),
            table: finding.table.clone(),
            timeline: finding.timeline.clone(),
            details: finding.details.clone(),
            why: found.and_then(|found| text(found.why)),
            hint: found.and_then(|found| found.hints.first().and_then(|hint| text(hint))),
            lesson: found.map(|found| format!("lessons/{}.md#{}", exercise.lesson, found.anchor)),
            schedule: finding.schedule.clone(),
            ..Self::of(check, State::Failed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_told_by_its_cause_if_another_check_has_found_the_cause() {
        let told = |found: &[&str]| {
            let found: Vec<String> = found.iter().map(|id| (*id).to_owned()).collect();
            cause_of(&found).cloned()
        };
        assert_eq!(
            told(&["lost-addition", "busy-wait", "lock-file-removed"]).as_deref(),
            Some("lock-file-removed")
        );
        assert_eq!(told(&["lost-addition", "busy-wait"]).as_deref(), Some("lost-addition"));
        assert_eq!(told(&["busy-wait", "lock-file-removed"]).as_deref(), Some("busy-wait"));
        assert_eq!(told(&[]), None);
    }
}
