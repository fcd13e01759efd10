//! A question, its answers, and the claim that proves the right one.
//!
//! ```text
//! ## What does `munmap` of addresses that are not mapped do?
//!
//! - [ ] It fails with `EINVAL`.
//! - [x] It succeeds.
//!
//! Why: …
//!
//! Proof: `munmap_of_addresses_that_are_not_mapped_succeeds`
//! ```

use std::fs;
use std::path::Path;

use common::{Context, Failure, Result};

/// A question on a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question, in Markdown, in one line.
    pub text: String,
    /// What a reader may choose. One of them is right.
    pub choices: Vec<Choice>,
    /// Why it is so.
    pub why: String,
    /// The name of the claim's test.
    pub proof: String,
}

/// One answer of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The answer, in Markdown, in one line.
    pub text: String,
    /// Whether it is the right one.
    pub is_right: bool,
}

/// The questions on lesson `number` of the checkout `root`, in their order.
///
/// # Errors
/// That the file cannot be read, or that a question in it lacks a part, by its text.
pub fn of_lesson(root: &Path, number: usize) -> Result<Vec<Question>> {
    let path = root.join(format!("lessons/quiz/lesson-{number}.md"));
    let text = fs::read_to_string(&path).step_on("read", &path)?;
    parse(&text).map_err(|problem| Failure::refusal("read", &path, problem))
}

fn parse(text: &str) -> std::result::Result<Vec<Question>, String> {
    text.split("\n## ").skip(1).map(question).collect()
}

/// One question: its heading, and what stands below it.
fn question(section: &str) -> std::result::Result<Question, String> {
    let (heading, rest) = section.split_once('\n').unwrap_or((section, ""));
    let mut paragraphs: Vec<String> = Vec::new();
    for line in rest.lines() {
        let goes_on = line.starts_with(|c: char| c == ' ' || c.is_alphanumeric() || c == '`');
        let begins = ["Why: ", "Proof: ", "- ["].iter().any(|start| line.starts_with(start));
        match paragraphs.last_mut() {
            Some(last) if goes_on && !begins && !line.is_empty() => {
                *last += " ";
                *last += line.trim();
            }
            _ if line.is_empty() => {}
            _ => paragraphs.push(line.into()),
        }
    }
    let choices: Vec<Choice> = paragraphs.iter().filter_map(|line| choice(line)).collect();
    let after = |start: &str| paragraphs.iter().find_map(|line| line.strip_prefix(start));
    let lacks = |what: &str| format!("the question {heading:?} has no {what}");
    if choices.len() < 2 || choices.iter().filter(|choice| choice.is_right).count() != 1 {
        return Err(lacks("two or more answers of which one is right"));
    }
    Ok(Question {
        text: heading.into(),
        why: after("Why: ").ok_or_else(|| lacks("`Why: …`"))?.into(),
        proof: after("Proof: ").ok_or_else(|| lacks("`Proof: …`"))?.trim_matches('`').into(),
        choices,
    })
}

fn choice(line: &str) -> Option<Choice> {
    let (mark, text) = line.strip_prefix("- [")?.split_once("] ")?;
    Some(Choice { text: text.into(), is_right: mark == "x" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Questions\n\n## What does `exit` do?\n\n- [ ] It loses\n  the stores.\n\
        - [x] Nothing.\n\nWhy: The pages are\nthe kernel's.\n\nProof: `exit_loses_nothing`\n";

    #[test]
    fn a_question_is_read_with_its_answers_and_its_proof() {
        let found = parse(TEXT).unwrap();
        let [question] = &found[..] else { panic!("{found:?}") };
        assert_eq!(question.text, "What does `exit` do?");
        assert_eq!(question.choices[0].text, "It loses the stores.");
        let right: Vec<_> = question.choices.iter().map(|choice| choice.is_right).collect();
        assert_eq!(right, [false, true]);
        assert_eq!(question.why, "The pages are the kernel's.");
        assert_eq!(question.proof, "exit_loses_nothing");
    }

    #[test]
    fn a_question_that_lacks_a_part_is_refused_by_its_text() {
        for part in ["Why: ", "Proof: ", "[x]"] {
            let problem = parse(&TEXT.replace(part, "- [ ] ")).unwrap_err();
            assert!(problem.contains("What does `exit` do?"), "{problem}");
        }
    }
}
