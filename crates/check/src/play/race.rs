//! The races: a wrong program, two calls of it, and what must hold in the end.

use std::path::{Path, PathBuf};

use common::{Failure, Result};
use explore::replay::{Outcome, Scenario};
use explore::table::{Mark, Names, Shape, Table};
use explore::trace::Event;

use super::decisive::{self, Decides};
use super::locks::{self, Locks};
use crate::build::cargo;
use crate::exercises::{exercise_2, exercise_5};
use crate::proof;
use crate::scenarios::{Judge, Judged, common_finding, waits_last};
use crate::verdict::Finding;

/// A race between two processes.
pub struct Race {
    /// The name of its recording.
    pub name: &'static str,
    /// Its title.
    pub heading: &'static str,
    /// What the two processes do, and what the player should try.
    pub task: &'static str,
    /// The source of its program, from the root of the checkout.
    pub source: &'static str,
    /// What the two processes are, and what they find.
    pub scenario: Scenario,
    /// How the places in FILE are called.
    pub names: Names,
    /// What is said about an execution.
    pub judge: Judge,
    /// Which event is the one at which it goes wrong.
    pub(super) decides: Decides,
    /// The places in FILE that are shown: the first byte, and how many bytes.
    pub places: &'static [(usize, usize)],
    /// Can the player also kill A? Then both have come to their first point when the game begins.
    pub kills: bool,
    /// The lock that its processes take.
    pub locks: Locks,
}

const LESSON_5: &str = "lesson-5-races-and-semaphores";

/// All races, in the order of `just play`.
///
/// # Errors
/// A scenario has another name by now.
pub fn races() -> Result<Vec<Race>> {
    Ok(vec![
        lost_update(),
        test_then_set(),
        check_then_act()?,
        deadlock()?,
        torn_message()?,
        initialization()?,
        orphaned_lock()?,
    ])
}

fn lost_update() -> Race {
    Race {
        name: "lost-update",
        heading: "The lost update",
        task: "Two processes add 1 to a count. Each loads the count, then stores the sum. Both additions must \
               count. Try to lose one.",
        source: "crates/lesson-5-races-and-semaphores/src/lost_update.rs",
        scenario: of_lesson("lost-update", &["second", "race", "lost-update", "FILE"]),
        names: words_of_lesson,
        judge: |scenario, run| of_count(scenario, run, 2, "lost-addition"),
        decides: decisive::by_the_table,
        places: &[(0, 8)],
        kills: false,
        locks: Locks::None,
    }
}

fn test_then_set() -> Race {
    Race {
        name: "test-then-set",
        heading: "Test, then set",
        task: "Two processes come to a lock. Each loads the lock. If the lock is 0, it stores 1, and counts \
               itself as a process inside. If not, it ends. Only one process may come in. Try to let in both.",
        source: "crates/lesson-5-races-and-semaphores/src/test_then_set.rs",
        scenario: of_lesson("test-then-set", &["second", "race", "test-then-set", "FILE"]),
        names: words_of_lesson,
        judge: |scenario, run| of_count(scenario, run, 1, "two-inside"),
        decides: decisive::second_inside,
        places: &[(8, 8), (0, 8)],
        kills: false,
        locks: Locks::None,
    }
}

fn check_then_act() -> Result<Race> {
    let Judged { scenario, names, judge } = known(exercise_5::judged("one-pocket"))?;
    Ok(Race {
        name: "check-then-act",
        heading: "Check, then act",
        task: "Account 1 holds 100. Two processes transfer 80 from account 1, to account 2 and to account 3. \
               Each looks whether account 1 holds enough, then changes both accounts by atomic operations. \
               Try to make both transfers succeed.",
        source: "crates/check/proof/exercise-5/check_then_act.c",
        scenario,
        names,
        judge,
        decides: decisive::overdrawn,
        places: &[(8, 8), (16, 8), (24, 8)],
        kills: false,
        locks: Locks::None,
    })
}

fn deadlock() -> Result<Race> {
    let Judged { scenario, names, .. } = known(exercise_5::judged("to-and-fro"))?;
    Ok(Race {
        name: "deadlock",
        heading: "The deadlock",
        task: "One process transfers money from account 1 to account 2, the other from account 2 to account 1. \
               Each locks the 8 bytes of the account from which the money comes, then those of the other \
               account. Try to make both wait for ever.",
        source: "crates/check/proof/exercise-5/opposite_orders.c",
        scenario,
        names,
        judge: of_transfers,
        decides: decisive::both_wait,
        places: &[(8, 8), (16, 8)],
        kills: false,
        locks: Locks::OfAccounts,
    })
}

fn torn_message() -> Result<Race> {
    let Judged { scenario, names, judge } = known(exercise_2::judged("empty-box"))?;
    Ok(Race {
        name: "torn-message",
        heading: "The torn message",
        task: "A posts a message in the mailbox of exercise 2, and B takes it. The box is empty, but the bytes of \
               an older message are still there. A stores `length` too late. Try to make B print something \
               that nobody posted.",
        source: "crates/check/proof/exercise-2/length_after_full.c",
        scenario,
        names,
        judge,
        decides: decisive::old_length,
        places: &[(0, 4), (4, 4), (8, 45)],
        kills: false,
        locks: Locks::None,
    })
}

fn initialization() -> Result<Race> {
    let Judged { scenario, names, judge } = known(exercise_5::judged("first-additions"))?;
    Ok(Race {
        name: "initialization",
        heading: "The initialization race",
        task: "There is no FILE yet. Two processes add 1 to its counter, each by an atomic operation. A process \
               that finds FILE empty gives FILE its size, and stores 0 in the counter. Both additions must \
               count. Try to lose one.",
        source: "crates/check/proof/exercise-5/both_initialise.c",
        scenario,
        names,
        judge,
        decides: decisive::set_back,
        places: &[(0, 8)],
        kills: false,
        locks: Locks::None,
    })
}

fn orphaned_lock() -> Result<Race> {
    let Judged { scenario, .. } = known(exercise_5::judged("two-additions"))?;
    Ok(Race {
        name: "orphaned-lock",
        heading: "The orphaned lock",
        task: "Two processes add 1 to a counter under a lock. The lock is a word of FILE: 0 is free, 1 is locked, \
               2 is locked and somebody waits. Both have come to the lock. No order of their steps is \
               wrong. But you can also kill A, at any moment. Try to make B wait for ever.",
        source: "crates/check/proof/exercise-5/lock_that_stays.c",
        scenario: Scenario { name: "orphaned-lock", ..scenario },
        names: words_of_bank,
        judge: of_survivor,
        decides: decisive::orphaned,
        places: &[(1024, 4), (0, 8)],
        kills: true,
        locks: Locks::Word(1024),
    })
}

/// As the judge says it; in a deadlock, which lock each process waits for.
fn of_transfers(scenario: &Scenario, run: &Outcome) -> Option<Finding> {
    let Judged { judge, .. } = exercise_5::judged("to-and-fro")?;
    let finding = judge(scenario, run)?;
    let actual = match finding.diagnosis {
        "deadlock" => locks::deadlocked(&run.events).unwrap_or(finding.actual),
        _ => finding.actual,
    };
    Some(Finding { actual, ..finding })
}

/// B must end, and its addition must count, whatever becomes of A.
fn of_survivor(_: &Scenario, run: &Outcome) -> Option<Finding> {
    if run.endings[1].is_some() {
        return None;
    }
    let how = waits_last(&run.events, 1).unwrap_or("does not end");
    let when =
        (0..run.events.len()).find_map(|at| decisive::how_it_leaves_the_lock(&run.events, at));
    let when = when.map_or(String::new(), |(_, when)| format!(" {when}"));
    let actual = format!("A was killed{when}. B {how}");
    Some(Finding::new("orphaned-lock", "B ends, although A was killed", actual))
}

/// The words of exercise 5's file, with a lock of one word.
fn words_of_bank(offset: u64) -> (String, Shape) {
    match offset {
        0..8 => ("the counter".into(), Shape::Sum),
        1024..1028 => ("the lock".into(), Shape::Own),
        _ => (format!("byte {offset}"), Shape::Other),
    }
}

fn known(judged: Option<Judged>) -> Result<Judged> {
    let none = || Failure::refusal("play", Path::new("a race"), "no check has its scenario");
    judged.ok_or_else(none)
}

fn of_lesson(name: &'static str, arguments: &'static [&'static str]) -> Scenario {
    let file = Some(vec![0; common::page_size()]);
    Scenario { name, arguments: [arguments, arguments], file, symmetric: true }
}

/// The words of lesson 5's turnstile.
fn words_of_lesson(offset: u64) -> (String, Shape) {
    match offset {
        0..8 => ("the count".into(), Shape::Number),
        8..16 => ("the lock".into(), Shape::Own),
        _ => (format!("byte {offset}"), Shape::Other),
    }
}

/// The count must have this value in the end.
fn of_count(
    scenario: &Scenario,
    run: &Outcome,
    right: u64,
    diagnosis: &'static str,
) -> Option<Finding> {
    if let Some(finding) = common_finding(scenario, run, false) {
        return Some(finding);
    }
    let bytes = run.file.as_deref().and_then(|file| file.get(..8)?.try_into().ok());
    let count = bytes.map_or(0, u64::from_ne_bytes);
    (count != right).then(|| {
        Finding::new(
            diagnosis,
            format!("the count is {right} in the end"),
            format!("it is {count}"),
        )
    })
}

impl Race {
    /// What is said of the event at which it goes wrong, if it does.
    pub(super) fn marks(&self, events: &[Event]) -> Vec<Mark> {
        let all = 0..events.len();
        all.filter_map(|index| Some((index, (self.decides)(events, index)?))).collect()
    }

    /// Builds the program.
    ///
    /// # Errors
    /// What the compiler says.
    pub fn build(&self) -> Result<PathBuf> {
        if let Some(answer) = self.source.strip_prefix("crates/check/proof/") {
            return proof::build_in_c(answer.trim_end_matches(".c"));
        }
        let (said, artifacts) = cargo(&["build", "--quiet", "--locked", "--package", LESSON_5])?;
        let built = artifacts.iter().find_map(|artifact| artifact["executable"].as_str());
        let none = || Failure::refusal("build", Path::new(LESSON_5), said);
        built.map(PathBuf::from).ok_or_else(none)
    }

    /// How the two processes are called.
    #[must_use]
    pub fn heads(&self) -> [String; 2] {
        Table::of(&self.scenario, &[], self.names, &[]).heads
    }
}
