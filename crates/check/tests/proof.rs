//! The judge, judged: every right and every wrong answer gets the verdict that it must get. A test
//! binary of its own, because its answers are timed and use both processors.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::collections::BTreeSet;
use std::env;
use std::path::Path;

use check::exercises::EXERCISES;
use check::proof::{self, Answer, MORE, answers, answers_in};

fn get_what_they_must_get(answers: Vec<Answer>) {
    let expected = answers.len();
    let check = Path::new(env!("CARGO_BIN_EXE_check"));
    let rows = proof::run(check, answers).expect("run the answers");
    let table = proof::table(&rows);
    println!("{table}");
    assert_eq!(rows.len(), expected);
    // Where a language is missing, the table says so. CI installs Python, the only one that the table needs.
    let may_be_skipped = env::var_os("COURSE_LANGUAGES").is_none();
    let holds = |row: &proof::Row| row.holds() || (may_be_skipped && row.is_skipped());
    let first_wrong = rows.iter().find(|row| !holds(row));
    assert!(first_wrong.is_none(), "not judged as required: {first_wrong:#?}");
}

/// A learner's `cargo test` judges what shows most in the least time: the starters, the references and the
/// plain answers, which must be judged as the cards say, and one in ten of all others.
#[test]
fn some_answers_get_the_verdicts_that_they_must_get() {
    const ALWAYS: [&str; 5] = ["starter", "reference", "plain", "plain_in_python", "plain_in_rust"];
    let (always, others): (Vec<_>, Vec<_>) =
        answers().expect("list the answers").into_iter().partition(|answer| {
            answer.name.rsplit_once('/').is_some_and(|(_, name)| ALWAYS.contains(&name))
        });
    assert_eq!(always.len(), ALWAYS.len() * EXERCISES.len());
    get_what_they_must_get(always.into_iter().chain(others.into_iter().step_by(10)).collect());
}

#[test]
#[ignore = "takes minutes: `just judge` runs it, and so does CI"]
fn every_answer_gets_the_verdict_that_it_must_get() {
    get_what_they_must_get(answers().expect("list the answers"));
}

#[test]
#[ignore = "takes minutes, and needs more compilers: `just judge` runs it, and so does CI"]
fn more_answers_in_more_languages_get_the_verdict_that_they_must_get() {
    get_what_they_must_get(answers_in(MORE).expect("list the answers"));
}

#[test]
fn every_exercise_has_answers_enough() {
    let table = answers().expect("list the answers");
    let more = answers_in(MORE).expect("list the answers");
    for exercise in EXERCISES {
        let number = exercise.number;
        let is_own = |answer: &&Answer| {
            answer.exercise == number && answer.name.contains(&format!("exercise-{number}/"))
        };
        let (mut right, mut wrong, mut languages) = (0, 0, BTreeSet::new());
        for answer in table.iter().chain(&more).filter(is_own) {
            match answer.required.as_str() {
                "solved" | "core" => {
                    right += 1;
                    languages.insert(answer.language());
                }
                "refused" => continue,
                required => {
                    let diagnosis = required.trim_start_matches("edge ");
                    let known = exercise.diagnosis(diagnosis);
                    assert!(known.is_some(), "{}: no diagnosis {diagnosis}", answer.name);
                    wrong += usize::from(!required.starts_with("edge "));
                }
            }
        }
        assert!(right >= 8, "exercise {number}: {right} right answers");
        assert!(wrong >= 10, "exercise {number}: {wrong} answers that do not hold the core");
        for language in ["c", "cpp", "go", "java", "py", "rs"] {
            // Java maps no file privately that is opened for reading only: lessons/teaching.md.
            let solves = languages.contains(language) || (number, language) == (4, "java");
            assert!(solves, "exercise {number}: no right answer in .{language}");
        }
        for everywhere in ["starter", "empty", "passed", "endless"] {
            let tried = table
                .iter()
                .chain(&more)
                .any(|answer| answer.exercise == number && answer.name.ends_with(everywhere));
            assert!(tried, "exercise {number} is not tried with {everywhere}");
        }
    }
}

#[test]
fn plain_answers_in_c_python_and_rust_have_at_most_forty_lines() {
    let answers = answers().expect("list the answers");
    let mut plain = 0;
    for answer in answers.iter().filter(|answer| answer.name.contains("/plain")) {
        let lines = answer.lines().expect("read it");
        assert!(lines <= 40, "{} has {lines} lines", answer.name);
        assert_eq!(answer.required, "core", "{}", answer.name);
        plain += 1;
    }
    assert_eq!(plain, 3 * EXERCISES.len());
}
