//! What was found out about one thing of this machine.

use check::exercises::exercise;
use serde::Serialize;

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// Nothing is lost.
    Fine,
    /// Something optional is lost: what the lessons and checks need is there.
    Limited,
    /// A lesson or a check needs what is not there.
    Missing,
    /// It could not be found out.
    Unknown,
}

impl State {
    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Limited => "limited",
            Self::Missing => "MISSING",
            Self::Unknown => "unknown",
        }
    }
}

/// One thing, how it is, and what follows from that.
#[derive(Debug, Serialize)]
pub(crate) struct Finding {
    /// The thing.
    pub(crate) name: &'static str,
    /// How it is.
    pub(crate) state: State,
    /// What was found, or why it is not known.
    pub(crate) found: String,
    /// Whether a lesson or a check lacks it, or may lack it. The exit status says so.
    pub(crate) lacking: bool,
    /// What follows, in sentences that name a lesson, an exercise or a command.
    pub(crate) concerns: Vec<String>,
    /// The checks that cannot be made, as `3/power-cut`: exercise 3, check `power-cut`.
    pub(crate) checks: Vec<String>,
    /// The claims that fail or are not tried, by the names of their tests.
    pub(crate) claims: Vec<&'static str>,
    /// What to do about it.
    pub(crate) advice: Vec<String>,
}

impl Finding {
    /// It is fine.
    pub(crate) fn fine(name: &'static str, found: impl Into<String>) -> Self {
        let found = found.into();
        let (concerns, checks, claims, advice) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (state, lacking) = (State::Fine, false);
        Self { name, state, found, lacking, concerns, checks, claims, advice }
    }

    /// Something optional is lost.
    pub(crate) fn limited(name: &'static str, found: impl Into<String>) -> Self {
        Self { state: State::Limited, ..Self::fine(name, found) }
    }

    /// What a lesson or a check needs is not there.
    pub(crate) fn missing(name: &'static str, found: impl Into<String>) -> Self {
        Self { state: State::Missing, lacking: true, ..Self::fine(name, found) }
    }

    /// The same, but what a lesson or a check needs is not there.
    pub(crate) fn turned_missing(self) -> Self {
        Self { state: State::Missing, lacking: true, ..self }
    }

    /// Nobody knows, for this reason; a lesson or a check needs it.
    pub(crate) fn unknown(name: &'static str, why: impl Into<String>) -> Self {
        Self { state: State::Unknown, lacking: true, ..Self::fine(name, why) }
    }

    /// Nothing that must work needs it.
    pub(crate) fn optional(self) -> Self {
        Self { lacking: false, ..self }
    }

    /// Adds what follows: a sentence that names a lesson, an exercise or a command.
    pub(crate) fn concerns(mut self, sentence: impl Into<String>) -> Self {
        self.concerns.push(sentence.into());
        self
    }

    /// Adds checks of an exercise that cannot be made.
    pub(crate) fn checks(mut self, exercise: u8, ids: &[&str]) -> Self {
        self.checks.extend(ids.iter().map(|id| format!("{exercise}/{id}")));
        self
    }

    /// Adds checks of an exercise that cannot be made, each with its promise.
    pub(crate) fn checks_with_promises(mut self, number: u8, ids: &[&str]) -> Self {
        let promise = |id: &&str| {
            let check = exercise(number)?.checks.iter().find(|check| check.id == *id)?;
            let cost = match check.where_possible {
                true => "is left out, without loss of points",
                false => "cannot be made, so there is no grade",
            };
            Some(format!("Exercise {number}: a check {cost}: {}.", check.promise))
        };
        self.concerns.extend(ids.iter().filter_map(promise));
        self.checks(number, ids)
    }

    /// Adds claims of a lesson that fail or are not tried. One is quoted, as its test has the words of its
    /// sentence; of several, JSON has the names.
    pub(crate) fn claims(mut self, lesson: u8, what: &str, tests: &[&'static str]) -> Self {
        self.concerns.push(match tests {
            [test] => format!("Lesson {lesson}: a claim {what}: \"{}\".", test.replace('_', " ")),
            _ => format!("Lesson {lesson}: {} claims {what}.", tests.len()),
        });
        self.claims.extend(tests);
        self
    }

    /// Adds what to do.
    pub(crate) fn advice(mut self, sentence: impl Into<String>) -> Self {
        self.advice.push(sentence.into());
        self
    }
}
