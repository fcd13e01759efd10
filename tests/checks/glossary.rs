//! The glossary: its terms are in order, and each is in the lesson that it names.

use crate::assert_none;
use crate::workspace::{read, root};

const FEWEST: usize = 60;

#[test]
fn every_term_is_in_the_lesson_that_explains_it() {
    let text = read(&root().join("lessons/glossary.md"));
    assert!(entries(&text).count() >= FEWEST, "found only {} terms", entries(&text).count());
    assert_none(&problems(&text, |lesson| read(&root().join("lessons").join(lesson))));
}

#[test]
fn a_term_out_of_order_or_in_no_lesson_is_found() {
    let entry = |term: &str| format!("**{term}** ([lesson 1](lesson-1-a.md)): what it is.\n\n");
    let lesson = |file: &str| {
        assert_eq!(file, "lesson-1-a.md");
        String::from("A *page* is a *Frame* or `folio`.")
    };
    assert_none(&problems(&[entry("folio"), entry("frame"), entry("page")].concat(), lesson));
    for bad in [
        [entry("page"), entry("folio")].concat(),
        [entry("folio"), entry("folio")].concat(),
        entry("swap"),
        entry("page").replace("what it is.", ""),
    ] {
        assert_eq!(problems(&bad, lesson).len(), 1, "{bad}");
    }
}

/// Each entry of a glossary: the term, the file of the lesson, the definition.
fn entries(text: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    text.lines().filter_map(|line| {
        let (term, rest) = line.strip_prefix("**")?.split_once("** (")?;
        let (link, definition) = rest.split_once("): ")?;
        Some((term, link.split_once("](")?.1.trim_end_matches(')'), definition))
    })
}

fn problems(text: &str, lesson: impl Fn(&str) -> String) -> Vec<String> {
    let mut problems = Vec::new();
    let mut last = String::new();
    for (term, file, definition) in entries(text) {
        let key = term.to_lowercase();
        if key <= last {
            problems.push(format!("{term} does not come after {last}"));
        }
        if definition.is_empty() {
            problems.push(format!("{term} has no definition"));
        }
        let plain = lesson(file).to_lowercase().replace(['*', '`'], "");
        if !plain.split_whitespace().collect::<Vec<_>>().join(" ").contains(&key) {
            problems.push(format!("{term} is not in {file}"));
        }
        last = key;
    }
    problems
}
