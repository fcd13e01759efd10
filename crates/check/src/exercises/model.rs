//! What an exercise is made of.

use serde::{Deserialize, Serialize};

use super::{COMMON, CheckContext};
use crate::language::Language;
use crate::verdict::Verdict;

/// One exercise: the card and the judge are both made from this.
pub struct Exercise {
    /// 1 to 6, as its lesson.
    pub number: u8,
    /// Its lesson's file, without the ending: `lesson-1-mapping-a-file`.
    pub lesson: &'static str,
    /// What it is about, in a few words.
    pub title: &'static str,
    /// How long it takes, about.
    pub minutes: u32,
    /// How the program is called, a line each.
    pub usage: &'static [&'static str],
    /// What the program must do so that the exercise is solved, in paragraphs of plain Markdown.
    pub core: &'static str,
    /// What a robust program does besides.
    pub edges: &'static str,
    /// Most of its checks follow one process at a time. So two checks run at a time, each on a processor of its own.
    pub two_at_a_time: bool,
    /// What is judged, in this order: the core first.
    pub checks: &'static [Check],
    /// What can be wrong, beside [`COMMON`].
    pub diagnoses: &'static [Diagnosis],
    /// What no run shows.
    pub not_judged: &'static [&'static str],
    /// The names of the scenarios that its searches try, which a `--schedule` may name.
    pub scenarios: fn() -> Vec<&'static str>,
}

/// Not judged where processes run at once.
pub(super) const ORDERINGS: &str = "memory orderings. On x86-64, a missing Acquire or Release does not show when the \
     program runs";

/// Not judged where processes run at once: a process stops before its stores and calls, and after its first loads of
/// `length` and of two words of the text only, if it has not seen the mark before.
pub(super) const LOADS: &str = "interruptions between two loads. Only one kind is tried: `take` has loaded a part of the \
     message, and has not seen the mark yet";

/// Not judged of a program in Rust that maps a file.
pub(super) const REFERENCES: &str = "references. A Rust `&` or `&mut` to bytes that another process may change is undefined \
     behaviour, which no run shows";

/// Not judged of a lock: a process is killed only before its own steps, and never after it was woken.
pub(super) const STRANDED: &str = "stranded sleepers. No process is killed after it was woken for a lock and before it takes \
     the lock. A robust mutex without a deadline can leave another one asleep then";

/// Which part of the contract a check belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// What the lesson teaches: the exercise is solved when all of it holds.
    Core,
    /// What a robust program does besides.
    Edge,
    /// Extra credit, beside the points of the other two.
    Extra,
}

impl Part {
    /// Its name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Edge => "edge",
            Self::Extra => "extra credit",
        }
    }
}

/// One promise of the contract, and how it is judged.
pub struct Check {
    /// A short name, of lower-case words and hyphens, unlike any other of the exercise.
    pub id: &'static str,
    /// What is judged, as a sentence for the card.
    pub promise: &'static str,
    /// What it is worth.
    pub points: u32,
    /// Which part of the contract it belongs to.
    pub part: Part,
    /// It says more than the others can, where the machine lets it; where not, they decide.
    pub where_possible: bool,
    /// It measures time. While a class is judged, it waits until no other check runs, of this judge or another one, and
    /// none begins meanwhile. If it is not `concurrent`, the two threads that make checks make none beside it, class or not.
    pub alone: bool,
    /// It follows processes on all processors itself, so only the thread that makes the checks in their order makes it.
    pub everywhere: bool,
    /// It takes long: it runs beside the others as soon as it can, and its result is told in its turn.
    pub concurrent: bool,
    /// Checks, by their ids, without which this one would say nothing.
    pub needs: &'static [&'static str],
    /// Judges it.
    pub judge: fn(&mut CheckContext) -> Verdict,
}

impl Check {
    /// A check of the core worth `points`, that needs the checks `needs` to have passed.
    #[must_use]
    pub const fn new(
        id: &'static str,
        promise: &'static str,
        points: u32,
        needs: &'static [&'static str],
        judge: fn(&mut CheckContext) -> Verdict,
    ) -> Self {
        Self {
            id,
            promise,
            points,
            part: Part::Core,
            where_possible: false,
            concurrent: false,
            everywhere: false,
            alone: false,
            needs,
            judge,
        }
    }

    /// The same, beside the others.
    #[must_use]
    pub const fn concurrent(mut self) -> Self {
        self.concurrent = true;
        self
    }

    /// The same check, which follows processes on all processors itself.
    #[must_use]
    pub const fn everywhere(mut self) -> Self {
        self.everywhere = true;
        self
    }

    /// The same, with no other check beside it in a class.
    #[must_use]
    pub const fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// The same as an edge.
    #[must_use]
    pub const fn edge(mut self) -> Self {
        self.part = Part::Edge;
        self
    }

    /// The same as extra credit.
    #[must_use]
    pub const fn extra(mut self) -> Self {
        self.part = Part::Extra;
        self
    }

    /// The same, made only where the machine lets it.
    #[must_use]
    pub const fn where_possible(mut self) -> Self {
        self.where_possible = true;
        self
    }
}

/// Something that can be wrong with a program.
pub struct Diagnosis {
    /// A short name, of lower-case words and hyphens.
    pub id: &'static str,
    /// What is wrong, as one sentence.
    pub is: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// The heading of the lesson's text that explains it, as an anchor: `how-it-works`.
    pub anchor: &'static str,
    /// The first hints, for every language, each telling more than the one before.
    pub hints: [&'static str; 2],
    /// The last hint.
    pub last: Last,
}

/// A diagnosis's last hint, which names what to call: a language offers what another does not.
pub struct Last {
    /// With std, libc, memmap2 and nix.
    pub rust: &'static str,
    /// With the system calls, C11's atomics and pthread. For C++, too.
    pub c: &'static str,
    /// With Python's own modules: it has no atomics, and no mutex in shared memory.
    pub python: &'static str,
}

impl Last {
    /// The same in every language.
    #[must_use]
    pub const fn every(text: &'static str) -> Self {
        Self { rust: text, c: text, python: text }
    }

    /// The one for a language. C calls the system by its own names, so an unknown language gets C's.
    #[must_use]
    pub const fn of(&self, language: Option<Language>) -> &'static str {
        match language {
            Some(Language::Rust) => self.rust,
            Some(Language::Python) => self.python,
            Some(Language::C | Language::Cpp) | None => self.c,
        }
    }
}

impl Diagnosis {
    /// Its hints, in a language.
    #[must_use]
    pub const fn hints_for(&self, language: Option<Language>) -> [&'static str; 3] {
        let [first, second] = self.hints;
        [first, second, self.last.of(language)]
    }
}

impl Exercise {
    /// One of its diagnoses, or a common one.
    #[must_use]
    pub fn diagnosis(&self, id: &str) -> Option<&'static Diagnosis> {
        self.diagnoses.iter().chain(COMMON).find(|diagnosis| diagnosis.id == id)
    }

    /// What no run of a program in this language shows.
    #[must_use]
    pub fn not_judged_in(&self, language: Option<Language>) -> Vec<String> {
        let is_rust = language == Some(Language::Rust);
        let apply = self.not_judged.iter().filter(|what| is_rust || **what != REFERENCES);
        apply.map(ToString::to_string).collect()
    }

    /// The checks of one part.
    pub fn checks_of(&self, part: Part) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(move |check| check.part == part)
    }

    /// The points of one part.
    #[must_use]
    pub fn points(&self, part: Part) -> u32 {
        self.checks_of(part).map(|check| check.points).sum()
    }
}
