//! The judge is replaced while it runs, as a build in another terminal does.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::judge::{CHECK, Judge};

/// A right exercise 5 is judged by a copy of the judge, to which this happens while it runs.
fn while_it_runs(happens: impl FnOnce(&Path)) {
    let answer = "-DANSWER=\"../exercise-5/flock.c\"";
    let judge = Judge::of(5, "at_once.c", &["-DDOES=nothing", answer]);
    let folder = judge.directory().join("target");
    fs::create_dir(&folder).expect("mkdir");
    let copy = folder.join("check");
    fs::copy(CHECK, &copy).expect("copy the judge");
    let judge = judge.by(&copy);
    let seen = judge.run_beside(|runs| {
        let late = Instant::now() + Duration::from_secs(20);
        while !runs() {
            assert!(Instant::now() < late, "the program has not been started");
        }
        happens(&copy);
    });
    seen.must_be_accepted();
}

#[test]
fn a_judge_whose_file_is_removed_while_it_runs_goes_on() {
    while_it_runs(|judge| fs::remove_file(judge).expect("remove"));
}

#[test]
fn a_judge_whose_file_is_replaced_while_it_runs_goes_on() {
    while_it_runs(|judge| {
        let new = judge.with_extension("new");
        fs::copy("/bin/false", &new).expect("copy");
        fs::rename(new, judge).expect("rename");
    });
}

#[test]
fn a_judge_whose_directory_is_renamed_while_it_runs_goes_on() {
    while_it_runs(|judge| {
        let folder = judge.parent().expect("a directory");
        fs::rename(folder, folder.with_extension("old")).expect("rename");
    });
}
