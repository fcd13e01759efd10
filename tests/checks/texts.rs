//! The shape of a lesson's text: its headings in their order, its minutes, its length, its figures,
//! and how many links a paragraph may hold.

use crate::assert_none;
use crate::workspace::{file_name, lessons, read, root};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

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
/// What only a specialist needs stands here, just before the last heading.
const OPTIONAL: &str = "Going deeper";
/// Words before the claims; code, console blocks and figures' words are free.
const MOST_WORDS: usize = 1500;
const FEWEST_FIGURES: usize = 3;
/// Links in one paragraph, list item or table row before the claims.
const MOST_LINKS: usize = 2;

#[test]
fn every_text_has_its_headings_minutes_figures_and_at_most_1500_words() {
    let wanted = std::env::var("COURSE_LESSON").ok();
    let chosen = lessons()
        .into_iter()
        .filter(|lesson| wanted.as_ref().is_none_or(|wanted| *wanted == lesson.number.to_string()));
    let problems: Vec<_> =
        chosen.flat_map(|lesson| problems(lesson.number, &read(&lesson.text))).collect();
    assert_none(&problems);
}

#[test]
fn a_text_out_of_shape_is_found() {
    let headings = HEADINGS.map(|heading| format!("## {heading}\n\n")).concat();
    let figures = "![a](figures/a.svg)\n".repeat(FEWEST_FIGURES);
    let good = format!("# Lesson 3: msync\n\n20 minutes.\n\n{figures}\n{headings}");
    assert_none(&problems(3, &good));
    assert_none(&problems(3, &good.replace("## Further", "## Going deeper\n\n## Further")));
    let at = |text: &str| good.replace("## Claims", &format!("{text}\n\n## Claims"));
    assert_none(&problems(3, &at("[a](b.md) and [c](d.md)\n\n[e](f.md)")));
    assert_none(&problems(3, &at(&format!("```text\n{}```", "word ".repeat(MOST_WORDS)))));
    for bad in [
        good.replace("## Claims\n", ""),
        good.replace("## Claims\n\n## Exercise\n", "## Exercise\n\n## Claims\n"),
        good.replace("Lesson 3", "Lesson 4"),
        good.replace("20 minutes", "A while"),
        good.replacen("![a](figures/a.svg)\n", "", 1),
        at(&"word ".repeat(MOST_WORDS + 1)),
        at("[a](b.md), [c](d.md) and [e](f.md)"),
        at("- `a_mapping_outlives_its_descriptor` proves it"),
        at("See [it][no-such-label]."),
    ] {
        assert_eq!(problems(3, &bad).len(), 1, "{:?} in {bad}", problems(3, &bad));
    }
}

#[test]
fn every_table_of_the_lessons_has_the_minutes_that_the_lesson_says() {
    let lessons: Vec<_> = lessons()
        .iter()
        .map(|lesson| (file_name(&lesson.text), minutes(&read(&lesson.text)).unwrap_or_default()))
        .collect();
    for table in ["README.md", "lessons/README.md", "lessons/teaching.md"] {
        let text = read(&root().join(table));
        let rows: Vec<_> = lessons
            .iter()
            .map(|(file, minutes)| (row(&text, file).unwrap_or_default(), minutes))
            .collect();
        assert_eq!(rows.len(), 7, "{table}");
        let wrong = rows.iter().filter(|(row, minutes)| !has_cell(row, minutes));
        let wrong =
            wrong.map(|(row, minutes)| format!("{table}: {row:?} says not {minutes} minutes"));
        assert_none(&wrong.collect::<Vec<_>>());
    }
    assert!(has_cell("| [1](a.md) | x | 35 |", "35") && !has_cell("| [1](a.md) | x | 35 |", "40"));
    assert_eq!(row("a\n| [1](a.md) | 5 |\n", "b.md"), None);
}

/// How many minutes a text takes, as its first paragraph says.
fn minutes(text: &str) -> Option<String> {
    let number = text.split_once(" minutes")?.0.rsplit(|c: char| !c.is_ascii_digit()).next()?;
    (!number.is_empty()).then(|| number.into())
}

/// The first row of a table that links to `file`.
fn row<'t>(text: &'t str, file: &str) -> Option<&'t str> {
    text.lines().find(|line| line.starts_with("| [") && line.contains(&format!("{file})")))
}

/// Whether a cell is this number, or begins with it: `35 + 60` has the minutes of the exercise, too.
fn has_cell(row: &str, number: &str) -> bool {
    row.split('|').any(|cell| cell.trim().split(" + ").next() == Some(number))
}

fn problems(number: usize, text: &str) -> Vec<String> {
    let headings = text.lines().filter_map(|line| line.strip_prefix("## "));
    let headings: Vec<_> = headings.filter(|heading| *heading != OPTIONAL).collect();
    let title = text.starts_with(&format!("# Lesson {number}: "));
    let minutes = text.lines().take(5).any(|line| line.contains(" minutes"));
    let figures = text.matches("](figures/").count();
    let before_claims = text.split("\n## Claims").next().unwrap_or_default();
    // The definitions of the links stand at the end of the file.
    let definitions: String = text
        .lines()
        .filter(|line| is_definition(line))
        .map(|line| line.to_owned() + "\n")
        .collect();
    let body = Body::of(&format!("{before_claims}\n\n{definitions}"));
    let words = body.words;
    let checks = [
        (title, format!("lesson {number} does not begin with `# Lesson {number}: `")),
        (headings == HEADINGS, format!("lesson {number} has the headings {headings:?}")),
        (minutes, format!("lesson {number} does not say how many minutes it takes")),
        (words <= MOST_WORDS, format!("lesson {number} has {words} words before its claims")),
        (figures >= FEWEST_FIGURES, format!("lesson {number} has only {figures} figures")),
    ];
    let problems = checks.into_iter().filter(|(holds, _)| !holds).map(|(_, problem)| problem);
    let more = body.problems.into_iter().map(|problem| format!("lesson {number}: {problem}"));
    problems.chain(more).collect()
}

/// Whether this line is `[label]: target`.
fn is_definition(line: &str) -> bool {
    line.starts_with('[') && line.split_once("]: ").is_some_and(|(label, _)| !label.contains('('))
}

/// A text's prose: how many words it has, and what is wrong with its paragraphs.
struct Body {
    words: usize,
    problems: Vec<String>,
}

impl Body {
    fn of(text: &str) -> Self {
        let mut body = Self { words: 0, problems: Vec::new() };
        let (mut in_code, mut in_image, mut links, mut paragraph) =
            (false, false, 0, String::new());
        for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::CodeBlock(_)) => in_code = true,
                Event::End(TagEnd::CodeBlock) => in_code = false,
                Event::Start(Tag::Image { .. }) => in_image = true,
                Event::End(TagEnd::Image) => in_image = false,
                Event::Start(Tag::Paragraph | Tag::Item | Tag::TableRow) => {
                    (links, paragraph) = (0, String::new());
                }
                Event::Start(Tag::Link { .. }) => links += 1,
                Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::TableRow) => {
                    body.judge(links, &paragraph);
                    (links, paragraph) = (0, String::new());
                }
                Event::Code(code) if !in_image => {
                    body.words += code.split_whitespace().count();
                    if code.matches('_').count() >= 4 && code.to_lowercase() == *code {
                        body.problems.push(format!("cite {code} by a link with plain words"));
                    }
                    paragraph.push_str(&code);
                }
                Event::Text(words) if !in_code && !in_image => {
                    body.words += words.split_whitespace().count();
                    paragraph.push_str(&words);
                }
                Event::SoftBreak | Event::HardBreak => paragraph.push(' '),
                _ => {}
            }
        }
        body
    }

    fn judge(&mut self, links: usize, paragraph: &str) {
        let start: String = paragraph.chars().take(60).collect();
        if links > MOST_LINKS {
            self.problems.push(format!("{links} links in the paragraph {start:?}"));
        }
        if paragraph.contains("][") {
            self.problems.push(format!("a link without its definition in {start:?}"));
        }
    }
}
