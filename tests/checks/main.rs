//! Checks of the whole course, which keep texts and programs consistent. Each check is also tried on a
//! broken sample, so that a check that cannot fail is found.
#![expect(clippy::expect_used, reason = "a check fails by panicking, with the step's name")]

mod architecture;
mod budgets;
mod claim;
mod claims;
mod console;
mod cycles;
mod dependencies;
mod excerpts;
mod figures;
mod glossary;
mod holds;
mod ledger;
mod ledger_pages;
mod links;
mod names;
mod programs;
mod quiz;
mod recorded;
mod recorded_ipc;
mod recorded_read;
mod recordings;
mod runs;
mod sources;
mod steps;
mod texts;
mod words;
mod workplaces;
mod workspace;

/// Fails with all problems, one per line.
#[track_caller]
fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}
