//! The races: a wrong program, two calls of it, and what must hold in the end.

use std::path::{Path, PathBuf};

use common::{Failure, Result};
use explore::replay::{ExecutionResult, Scenario};
use explore::table::{Mark, Table};
use explore::trace::Event;
use explore::words::{Names, Shape, Vocabulary};

use super::decisive::{self, Decides};
use super::locks::{self, Locks};
use crate::build::{cargo, with_notice};
use crate::exercises::{exercise_2, exercise_5};
use crate::proof;
use crate::scenarios::{Judge, JudgedScenario, common_finding, waits_last};
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
    /// What each process does in its first turn, as a verb with its object.
    pub(super) begins: [&'static str; 2],
    /// What is said about an execution.
    pub judge: Judge,
    /// What a player should know after the race went wrong.
    pub(super) lesson: Option<&'static str>,
    /// Which event is the one at which it goes wrong.
    pub(super) decides: Decides,
    /// The places in FILE that are shown: the first byte, and how many bytes.
    pub places: &'static [(usize, usize)],
    /// Can the player also kill A? Then both have come to their first point when the game begins.
    pub kills: bool,
    /// The lock that its processes take.
    pub locks: Locks,
}

/// The first turn of a process that loads before it stores.
const LOADS: &str = "loads, and stops just before its first store";
/// The same, of a process that may find in its load that it has nothing to do.
const LOOKS: &str = "loads, and ends or stops just before its first store";
/// The first turn of a process that does not load.
const STOPS: &str = "stops just before its first store or call";
/// The same for a process that begins with a lock.
const LOCKS: &str = "stops just before it asks for its first lock";

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
        task: "Two processes add 1 to a count. Each loads the count, then stores the sum. The count must be 2 \
               in the end. Try to lose one addition.",
        source: "crates/lesson-5-races-and-semaphores/src/lost_update.rs",
        scenario: of_lesson("lost-update", &["second", "race", "lost-update", "FILE"]),
        names: words_of_lesson,
        begins: [LOADS; 2],
        judge: |scenario, run| of_count(scenario, run, 2, "lost-addition"),
        lesson: Some("A lock around load and store, or one atomic addition, prevents it."),
        decides: decisive::by_the_table,
        places: &[(0, 8)],
        kills: false,
        locks: Locks::Registers,
    }
}

fn test_then_set() -> Race {
    Race {
        name: "test-then-set",
        heading: "Test, then set",
        task: "Two processes come to a lock. Each loads the lock. If the lock is 0, it stores 1, and counts \
               itself as a process inside. If not, it gives up and ends. Only one process may come in. Try to let in both.",
        source: "crates/lesson-5-races-and-semaphores/src/test_then_set.rs",
        scenario: of_lesson("test-then-set", &["second", "race", "test-then-set", "FILE"]),
        names: words_of_lesson,
        begins: [LOOKS; 2],
        judge: |scenario, run| of_count(scenario, run, 1, "two-inside"),
        lesson: Some(
            "It was decided when both had loaded 0. One atomic operation that tests and sets the lock \
             prevents it.",
        ),
        decides: decisive::second_inside,
        places: &[(8, 8), (0, 8)],
        kills: false,
        locks: Locks::Tested,
    }
}

fn check_then_act() -> Result<Race> {
    let JudgedScenario { scenario, names, judge } =
        known(exercise_5::scenario_named("one-pocket"))?;
    Ok(Race {
        name: "check-then-act",
        heading: "Check, then act",
        task: "Account 1 holds 100. Two processes transfer 80 from account 1, to account 2 and to account 3. \
               Each looks whether account 1 holds enough, then changes both accounts by atomic operations. \
               Try to make both transfers succeed.",
        source: "crates/check/proof/exercise-5/check_then_act.c",
        scenario,
        names,
        begins: [LOOKS; 2],
        judge,
        lesson: Some(
            "It was decided when both had found enough in account 1. One lock around the look and \
             the change prevents it, or one atomic operation that changes the account only if it still holds \
             what the process has seen.",
        ),
        decides: decisive::overdrawn,
        places: &[(8, 8), (16, 8), (24, 8)],
        kills: false,
        locks: Locks::None,
    })
}

fn deadlock() -> Result<Race> {
    let JudgedScenario { scenario, names, .. } = known(exercise_5::scenario_named("to-and-fro"))?;
    Ok(Race {
        name: "deadlock",
        heading: "The deadlock",
        task: "One process transfers money from account 1 to account 2, the other from account 2 to account 1. \
               Each locks the 8 bytes of the account from which the money comes, then those of the other \
               account. Try to make both wait for ever.",
        source: "crates/check/proof/exercise-5/opposite_orders.c",
        scenario,
        names,
        begins: [LOCKS; 2],
        judge: of_transfers,
        lesson: Some(
            "It was decided when each process had one lock. One fixed order of the locks prevents it: each \
             process locks the account with the smaller number first.",
        ),
        decides: decisive::both_wait,
        places: &[(8, 8), (16, 8)],
        kills: false,
        locks: Locks::OfAccounts,
    })
}

fn torn_message() -> Result<Race> {
    let JudgedScenario { scenario, names, judge } = known(exercise_2::scenario_named("empty-box"))?;
    Ok(Race {
        name: "torn-message",
        heading: "The torn message",
        task: "A posts a message in the mailbox of exercise 2, and B takes it. The box is empty, but the bytes of \
               an older message are still there. A stores `length` too late. Try to make B print something \
               that nobody posted.",
        source: "crates/check/proof/exercise-2/length_after_full.c",
        scenario,
        names,
        begins: [LOADS, "looks whether the box is full"],
        judge,
        lesson: Some(
            "It is prevented if A stores full last, with release, and B loads full with acquire.",
        ),
        decides: decisive::old_length,
        places: &[(0, 4), (4, 4), (8, 45)],
        kills: false,
        locks: Locks::None,
    })
}

fn initialization() -> Result<Race> {
    let JudgedScenario { scenario, names, judge } =
        known(exercise_5::scenario_named("first-additions"))?;
    Ok(Race {
        name: "initialization",
        heading: "The initialization race",
        task: "There is no FILE yet. Two processes add 1 to its counter, each by an atomic operation. A process \
               that finds FILE empty gives FILE its size, and stores 0 in the counter. The counter must be 2 \
               in the end. Try to lose one addition.",
        source: "crates/check/proof/exercise-5/both_initialise.c",
        scenario,
        names,
        begins: ["stops just before it opens FILE"; 2],
        judge,
        lesson: Some(
            "It was decided when both had found FILE empty. One process alone must initialise FILE, for example \
             under a lock, and nobody may use FILE before that is done.",
        ),
        decides: decisive::set_back,
        places: &[(0, 8)],
        kills: false,
        locks: Locks::None,
    })
}

fn orphaned_lock() -> Result<Race> {
    let JudgedScenario { scenario, .. } = known(exercise_5::scenario_named("two-additions"))?;
    Ok(Race {
        name: "orphaned-lock",
        heading: "The orphaned lock",
        task: "Two processes add 1 to a counter under a lock. The lock is a word of FILE: 0 is free, 1 is locked, \
               2 is locked and a process may wait. Both have come to the lock. No order of their turns is \
               wrong. But you can also kill A, at any moment. Try to make B wait for ever.",
        source: "crates/check/proof/exercise-5/lock_that_stays.c",
        scenario: Scenario { name: "orphaned-lock", ..scenario },
        names: words_of_bank,
        begins: [STOPS; 2],
        judge: of_survivor,
        lesson: Some(
            "A record lock ends with its process, and a robust mutex tells the next process that the owner has \
             died: either of them prevents it.",
        ),
        decides: decisive::orphaned,
        places: &[(1024, 4), (0, 8)],
        kills: true,
        locks: Locks::Word,
    })
}

/// As the judge says it; in a deadlock, which lock each process waits for.
fn of_transfers(scenario: &Scenario, run: &ExecutionResult) -> Option<Finding> {
    let JudgedScenario { judge, .. } = exercise_5::scenario_named("to-and-fro")?;
    let finding = judge(scenario, run)?;
    let actual = match finding.diagnosis {
        "deadlock" => locks::deadlocked(&run.events).unwrap_or(finding.actual),
        _ => finding.actual,
    };
    Some(Finding { actual, ..finding })
}

/// B must end, and its addition must count, whatever becomes of A.
fn of_survivor(_: &Scenario, run: &ExecutionResult) -> Option<Finding> {
    if run.endings[1].is_some() {
        return None;
    }
    let how = waits_last(&run.events, 1);
    let how = how.map_or("does not end".into(), |waits| format!("{waits}, and nobody wakes it"));
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

fn known(judged: Option<JudgedScenario>) -> Result<JudgedScenario> {
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
    run: &ExecutionResult,
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
    /// The words for what its processes do.
    pub(super) fn words(&self) -> Vocabulary {
        self.locks.words(self.names)
    }

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
        let build = || cargo(&["build", "--quiet", "--locked", "--package", LESSON_5]);
        let (said, artifacts) = with_notice("the race's program", build)?;
        let built = artifacts.iter().find_map(|artifact| artifact["executable"].as_str());
        let none = || Failure::refusal("build", Path::new(LESSON_5), said);
        built.map(PathBuf::from).ok_or_else(none)
    }

    /// How the two processes are called. The arguments of a lesson's second process tell a player nothing.
    #[must_use]
    pub fn heads(&self) -> [String; 2] {
        if self.source.contains(LESSON_5) {
            return ["Process A", "Process B"].map(String::from);
        }
        Table::of(&self.scenario, &[], self.words(), &[]).heads
    }
}
