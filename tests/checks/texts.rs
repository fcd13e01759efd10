//! The shape of a lesson's text: its headings in their order, its minutes, its length.

use crate::assert_none;
use crate::workspace::{lessons, read};

const HEADINGS: [&str; 9] = [
    "A question",
    "See it",
    "How it works",
    "The code",
    "Where it bites",
    "You may have read",
    "Claims",
    "Exercise",
    "Further",
];
const MOST_LINES: usize = 200;

#[test]
fn every_text_has_the_fixed_headings_the_minutes_and_at_most_200_lines() {
    let texts = lessons().into_iter().map(|lesson| (lesson.number, read(&lesson.text)));
    let problems: Vec<_> = texts.flat_map(|(number, text)| problems(number, &text)).collect();
    assert_none(&problems);
}

#[test]
fn a_text_out_of_shape_is_found() {
    let headings = HEADINGS.map(|heading| format!("## {heading}\n")).concat();
    let good = format!("# Lesson 3: msync\n\n20 minutes.\n\n{headings}");
    assert_none(&problems(3, &good));
    for bad in [
        good.replace("## Claims\n", ""),
        good.replace("## Claims\n## Exercise\n", "## Exercise\n## Claims\n"),
        good.replace("Lesson 3", "Lesson 4"),
        good.replace("20 minutes", "A while"),
        good.clone() + &"\n".repeat(MOST_LINES),
    ] {
        assert_eq!(problems(3, &bad).len(), 1, "{bad}");
    }
}

fn problems(number: usize, text: &str) -> Vec<String> {
    let headings: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let title = text.starts_with(&format!("# Lesson {number}: "));
    let lines = text.lines().count();
    let minutes = text.lines().take(5).any(|line| line.contains(" minutes"));
    let checks = [
        (title, format!("lesson {number} does not begin with `# Lesson {number}: `")),
        (headings == HEADINGS, format!("lesson {number} has the headings {headings:?}")),
        (minutes, format!("lesson {number} does not say how many minutes it takes")),
        (lines <= MOST_LINES, format!("lesson {number} has {lines} lines of text")),
    ];
    checks.into_iter().filter(|(holds, _)| !holds).map(|(_, problem)| problem).collect()
}
