//! The judge, judged: every right and every wrong answer gets the verdict that it must get. A test
//! binary of its own, because its answers are timed and use both processors.

use std::path::Path;

use check::exercises::EXERCISES;
use check::proof::{self, answers};

#[test]
fn every_answer_gets_the_verdict_that_it_must_get() {
    let rows = proof::run(Path::new(env!("CARGO_BIN_EXE_check"))).expect("run the answers");
    let table = proof::table(&rows);
    println!("{table}");
    assert_eq!(rows.len(), answers().expect("list the answers").len());
    assert!(rows.iter().all(proof::Row::holds), "{table}");
}

#[test]
fn every_exercise_has_answers_enough() {
    let answers = answers().expect("list the answers");
    for exercise in EXERCISES {
        let number = exercise.number;
        let folder = format!("exercise-{number}/");
        let own = answers
            .iter()
            .filter(|answer| answer.exercise == number && answer.name.starts_with(&folder));
        let (mut right, mut wrong, mut in_c) = (0, 0, 0);
        for answer in own {
            match answer.required.as_str() {
                "solved" | "core" => right += 1,
                "refused" => continue,
                required => {
                    let diagnosis = required.trim_start_matches("edge ");
                    let known = exercise.diagnosis(diagnosis);
                    assert!(known.is_some(), "{}: no diagnosis {diagnosis}", answer.name);
                    wrong += 1;
                }
            }
            in_c += usize::from(answer.required == "solved" && answer.is_c());
        }
        assert!(right >= 3 && in_c >= 1, "exercise {number}: {right} right answers, {in_c} in C");
        assert!(wrong >= 6, "exercise {number}: {wrong} wrong answers");
        for everywhere in ["starter", "empty", "passed", "endless"] {
            let tried = answers
                .iter()
                .any(|answer| answer.exercise == number && answer.name.ends_with(everywhere));
            assert!(tried, "exercise {number} is not tried with {everywhere}");
        }
    }
}
