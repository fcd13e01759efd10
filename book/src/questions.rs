//! The questions on a lesson, after its text. The page hides an answer until the reader chooses one
//! (`theme/quiz.js`); in print, the answers stand below the questions.

use std::path::{Path, PathBuf};

use common::{Failure, Result};
use pulldown_cmark::{Event, Parser};
use quiz::Question;

use crate::files;

/// The questions on lesson `number` as a section of its chapter: HTML, with Markdown inside.
pub(crate) fn section(root: &Path, number: usize) -> Result<String> {
    let mut text = String::from("\n## What will happen?\n\nChoose, then read the answer.\n");
    for (index, question) in quiz::of_lesson(root, number)?.iter().enumerate() {
        text += &form(index, question, &proof(root, number, &question.proof)?);
    }
    Ok(text)
}

/// A lesson with the questions after its text: the claims, the exercise and what follows are for later.
pub(crate) fn asked(lesson: &str, questions: &str) -> String {
    match lesson.split_once("\n## Claims\n") {
        Some((text, rest)) => format!("{text}{questions}\n## Claims\n{rest}"),
        None => format!("{lesson}{questions}"),
    }
}

/// A question with its choices, and the answer.
fn form(index: usize, question: &Question, proof: &str) -> String {
    let right = question.choices.iter().position(|choice| choice.is_right).unwrap_or_default();
    let choices = question.choices.iter().enumerate().map(|(number, choice)| {
        let words = html(&choice.text);
        format!(
            "<label><input type=\"radio\" name=\"question-{index}\" value=\"{number}\"> <span>{words}</span></label>\n"
        )
    });
    let choices: String = choices.collect();
    format!(
        "\n<fieldset class=\"question\" data-right=\"{right}\">\n<legend>{}</legend>\n{choices}\
         <div class=\"answer\" hidden>\n\n<p class=\"verdict\" role=\"status\">Answer {}.</p>\n\n{}\n\n{proof}\n\n</div>\n</fieldset>\n",
        html(&question.text),
        right + 1,
        question.why,
    )
}

/// Where the test of a claim is, and the command that runs it.
fn proof(root: &Path, number: usize, claim: &str) -> Result<String> {
    let start = format!("lesson-{number}-");
    for package in files::entries(&root.join("crates"))? {
        let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with(&start) {
            continue;
        }
        for file in rust_files(&package.join("tests"))? {
            let text = files::read(&file)?;
            let declaration = format!("fn {claim}()");
            if let Some(line) = text.lines().position(|line| line.starts_with(&declaration)) {
                let path = file.strip_prefix(root).unwrap_or(&file).display().to_string();
                return Ok(format!(
                    "[This test](../{path}#L{}) proves it on your machine:\n\n```console\n$ cargo test -p {name} {claim}\n```",
                    line + 1
                ));
            }
        }
    }
    let questions = PathBuf::from(format!("lessons/quiz/lesson-{number}.md"));
    Err(Failure::refusal("read", &questions, format!("no test of the lesson is named {claim}")))
}

/// The Rust files in a directory and below.
fn rust_files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in files::entries(directory)? {
        if entry.is_dir() {
            found.extend(rust_files(&entry)?);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
    Ok(found)
}

/// One line of Markdown as HTML: words and code.
fn html(markdown: &str) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    Parser::new(markdown)
        .map(|event| match event {
            Event::Text(text) => escaped(&text),
            Event::Code(code) => format!("<code>{}</code>", escaped(&code)),
            _ => String::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quiz::Choice;

    #[test]
    fn a_question_is_a_form_whose_answer_is_hidden() {
        let choice = |text: &str, is_right| Choice { text: text.into(), is_right };
        let question = Question {
            text: "What does `a < b` do?".into(),
            choices: vec![choice("Nothing.", false), choice("It *compares*.", true)],
            why: "So.".into(),
            proof: "it_compares".into(),
        };
        let form = form(3, &question, "PROOF");
        assert!(form.contains("<legend>What does <code>a &lt; b</code> do?</legend>"), "{form}");
        assert!(form.contains("data-right=\"1\""), "{form}");
        assert!(
            form.contains("name=\"question-3\" value=\"1\"> <span>It compares.</span>"),
            "{form}"
        );
        assert!(form.contains("<div class=\"answer\" hidden>\n\n"), "{form}");
        assert!(form.contains("\n\nSo.\n\nPROOF\n\n</div>"), "{form}");
    }

    #[test]
    fn the_questions_come_after_the_text_and_before_the_claims() {
        let asked =
            asked("# L\n\nText.\n\n## Claims\n\nTable.\n", "\n## What will happen?\n\nA form.\n");
        assert_eq!(
            asked,
            "# L\n\nText.\n\n## What will happen?\n\nA form.\n\n## Claims\n\nTable.\n"
        );
    }

    #[test]
    fn a_proof_is_found_by_its_name_and_a_missing_one_is_refused() {
        let root = common::root().unwrap();
        let found = proof(&root, 1, "munmap_of_addresses_that_are_not_mapped_succeeds").unwrap();
        assert!(found.contains("tests/claims/munmap.rs#L"), "{found}");
        let missing = proof(&root, 1, "nothing_of_this_name").unwrap_err();
        assert!(missing.to_string().contains("nothing_of_this_name"), "{missing}");
    }
}
