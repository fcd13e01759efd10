//! The questions on the lessons: each lesson has a few, and each answer is proven by a claim of that
//! lesson.

use quiz::{Question, of_lesson};

use crate::assert_none;
use crate::workspace::{Lesson, lessons, read, root, rust_files};

/// How many questions a lesson has.
const QUESTIONS: std::ops::RangeInclusive<usize> = 5..=8;

#[test]
fn every_lesson_has_questions_whose_answers_its_claims_prove() {
    let mut problems = Vec::new();
    for lesson in lessons() {
        match of_lesson(&root(), lesson.number) {
            Ok(questions) => problems.extend(faults(&lesson.name, &questions, &claims_of(&lesson))),
            Err(failure) => problems.push(failure.to_string()),
        }
    }
    assert_none(&problems);
}

#[test]
fn a_question_without_a_claim_and_too_few_questions_are_found() {
    let text = "What?";
    let choice = |is_right| quiz::Choice { text: "A".into(), is_right };
    let question = |proof: &str| Question {
        text: text.into(),
        choices: vec![choice(true), choice(false)],
        why: "So.".into(),
        proof: proof.into(),
    };
    let claims = "fn pages_are_whole() {";
    let enough = vec![question("pages_are_whole"); 5];
    assert_none(&faults("x", &enough, claims));
    assert_eq!(faults("x", &enough[1..], claims).len(), 1, "too few");
    let mut stray = enough;
    stray.push(question("pages_are"));
    assert_eq!(faults("x", &stray, claims).len(), 1, "no such claim");
}

/// The sources of a lesson's claims.
fn claims_of(lesson: &Lesson) -> String {
    rust_files(&lesson.directory.join("tests")).iter().map(|file| read(file)).collect()
}

fn faults(lesson: &str, questions: &[Question], claims: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if !QUESTIONS.contains(&questions.len()) {
        problems.push(format!("{lesson} has {} questions", questions.len()));
    }
    for Question { text, proof, .. } in questions {
        if !claims.contains(&format!("fn {proof}()")) {
            problems
                .push(format!("{lesson}: {text:?} names {proof}, which is no claim of the lesson"));
        }
    }
    problems
}
