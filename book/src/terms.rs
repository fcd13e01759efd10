//! The terms of the glossary: each has an anchor (`glossary.html#page-cache`), and a lesson links to a term
//! where the lesson first uses it. The lesson that explains a term does not need the link.

use std::ops::Range;
use std::path::Path;

use common::{Failure, Result};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// How many terms one paragraph links at most: with more, the links are in the way.
const MOST: usize = 2;

/// An entry of the glossary.
struct Term {
    name: String,
    /// The page of the lesson that explains it.
    lesson: String,
    /// What the link tells before anybody follows it.
    definition: String,
}

/// The entries of the glossary.
pub(crate) struct Terms {
    /// The longest names first: `page cache` before `page`.
    terms: Vec<Term>,
}

impl Terms {
    /// Reads the text of the glossary.
    ///
    /// # Errors
    /// An entry cannot be read, or two entries have the same anchor.
    pub(crate) fn of(glossary: &str) -> Result<Self> {
        let refused = |line: &str, why: &str| {
            Err(Failure::refusal(
                "read",
                Path::new("lessons/glossary.md"),
                format!("{line:?} {why}"),
            ))
        };
        let mut terms: Vec<Term> = Vec::new();
        for line in glossary.lines().filter(|line| line.starts_with("**")) {
            let Some(term) = entry(line) else {
                return refused(
                    line,
                    "is no entry such as `**page** ([lesson 1](lesson-1.md)): …`",
                );
            };
            if terms.iter().any(|other| anchor(&other.name) == anchor(&term.name)) {
                return refused(line, "has the anchor of another entry");
            }
            terms.push(term);
        }
        terms.sort_by_key(|term| std::cmp::Reverse(term.name.len()));
        Ok(Self { terms })
    }

    /// The glossary, in which each entry has its anchor, and a link to itself.
    pub(crate) fn anchored(&self, glossary: &str) -> String {
        let mut text = String::new();
        for line in glossary.lines() {
            match entry(line) {
                Some(Term { name, .. }) => {
                    let rest = line.get(name.len() + "****".len()..).unwrap_or_default();
                    let anchor = anchor(&name);
                    text += &format!(
                        "<strong id=\"{anchor}\"><a class=\"header\" href=\"#{anchor}\">{name}</a></strong>{rest}"
                    );
                }
                None => text += line,
            }
            text.push('\n');
        }
        text
    }

    /// The text of a lesson, in which the first use of each term is a link to `glossary`.
    pub(crate) fn linked(&self, text: &str, page: &str, glossary: &str) -> String {
        let mut places = self.first_uses(text, page);
        places.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
        let mut linked = text.to_string();
        for (place, Term { name, definition, .. }) in places {
            let words = text.get(place.clone()).unwrap_or_default();
            let link = format!("[{words}]({glossary}#{} \"{definition}\")", anchor(name));
            linked.replace_range(place, &link);
        }
        linked
    }

    /// Where a lesson first uses each term that another lesson explains, in its paragraphs and lists.
    fn first_uses(&self, text: &str, page: &str) -> Vec<(Range<usize>, &Term)> {
        let questions = questions_in(text);
        let mut found: Vec<(Range<usize>, &Term)> = Vec::new();
        let (mut closed, mut paragraphs, mut here) = (0_usize, 0, 0);
        // What a word means in one lesson alone is explained there.
        let is_general = |term: &Term| !term.definition.starts_with("in lesson ");
        let events = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter();
        for (event, range) in events.filter(|(_, range)| !questions.contains(&range.start)) {
            match event {
                Event::Start(tag) if has_no_links(&tag) => closed += 1,
                Event::End(tag) if has_no_links_at_end(tag) => closed = closed.saturating_sub(1),
                Event::Start(Tag::Paragraph | Tag::Item) => {
                    (paragraphs, here) = (paragraphs + 1, 0);
                }
                // The first paragraph is the box: how long the lesson takes.
                Event::Text(_) | Event::Code(_) if closed == 0 && paragraphs > 1 => {
                    let is_code = matches!(event, Event::Code(_));
                    for (place, term) in self.uses(text, range, is_code) {
                        let is_new = !found.iter().any(|(_, known)| known.name == term.name);
                        if is_new && here < MOST && term.lesson != page && is_general(term) {
                            found.push((place, term));
                            here += 1;
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The uses of terms in a part of a text. Of code, only the whole is a term: `fsync`.
    fn uses(&self, text: &str, part: Range<usize>, is_code: bool) -> Vec<(Range<usize>, &Term)> {
        let words = text.get(part.clone()).unwrap_or_default();
        if is_code {
            let is_it = |term: &&Term| words.trim_matches('`') == term.name;
            return self.terms.iter().find(is_it).map(|term| (part, term)).into_iter().collect();
        }
        let mut found = Vec::new();
        let (mut at, mut before) = (0, text.get(..part.start).and_then(|text| text.chars().last()));
        while let Some(letter) = words.get(at..).and_then(|rest| rest.chars().next()) {
            let rest = words.get(at..).unwrap_or_default();
            let starts = !before.is_some_and(is_in_a_word);
            let term = self.terms.iter().filter(|_| starts).find_map(|term| {
                let length = length_of(rest, &term.name)?;
                Some((term, length))
            });
            let length = term.map_or(letter.len_utf8(), |(_, length)| length);
            if let Some((term, _)) = term {
                let start = part.start + at;
                found.push((start..start + length, term));
            }
            before = words.get(..at + length).and_then(|words| words.chars().last());
            at += length;
        }
        found
    }
}

/// Where the questions stand in a lesson, up to its next heading. They link to no term.
fn questions_in(text: &str) -> Range<usize> {
    let Some(start) = text.find("\n## What will happen?\n") else { return 0..0 };
    let rest = text.get(start + 1..).unwrap_or_default();
    start..rest.find("\n## ").map_or(text.len(), |end| start + 1 + end)
}

/// How many bytes of a text are a term at its start, in the singular or in the plural.
fn length_of(text: &str, term: &str) -> Option<usize> {
    let is_lower = !term.contains(char::is_uppercase);
    let plurals = [
        term.to_string(),
        format!("{term}s"),
        format!("{term}es"),
        format!("{}ies", term.strip_suffix('y').unwrap_or("\0")),
    ];
    plurals.iter().find_map(|form| {
        let start = text.get(..form.len())?;
        // A sentence may begin with it.
        let is_it = start == form || (is_lower && start.eq_ignore_ascii_case(form));
        let ends = !text.get(form.len()..)?.starts_with(is_in_a_word);
        (is_it && ends).then_some(form.len())
    })
}

fn is_in_a_word(letter: char) -> bool {
    letter.is_alphanumeric() || ['_', '-', '/', '’', '\''].contains(&letter)
}

/// What has no link: a heading names a place, a link has its own, and an emphasised word is explained there.
fn has_no_links(tag: &Tag<'_>) -> bool {
    has_no_links_at_end(tag.to_end())
}

fn has_no_links_at_end(tag: TagEnd) -> bool {
    use TagEnd::{CodeBlock, Emphasis, Heading, HtmlBlock, Image, Link, Strong, Table};
    matches!(tag, Heading(_) | Link | Image | CodeBlock | HtmlBlock | Table | Emphasis | Strong)
}

/// An entry of the glossary: `**page** ([lesson 1](lesson-1-mapping-a-file.md)): …`.
fn entry(line: &str) -> Option<Term> {
    let (name, rest) = line.strip_prefix("**")?.split_once("** ([lesson ")?;
    let (lesson, definition) = rest.split_once("](")?.1.split_once(")): ")?;
    let definition: String = Parser::new(definition)
        .filter_map(|event| match event {
            Event::Text(words) | Event::Code(words) => Some(words.replace('"', "'")),
            _ => None,
        })
        .collect();
    Some(Term { name: name.into(), lesson: lesson.into(), definition })
}

/// The anchor of a term: its words in small letters, with a hyphen between them.
fn anchor(name: &str) -> String {
    let parts = name.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLOSSARY: &str = "# Glossary\n\n\
        **page** ([lesson 1](lesson-1.md)): a piece of \"memory\", as `mmap` sees it.\n\n\
        **page cache** ([lesson 1](lesson-1.md)): where pages are.\n\n\
        **private copy** ([lesson 4](lesson-4.md)): a copy.\n\n\
        **SIGBUS** ([lesson 1](lesson-1.md)): a signal.\n\n\
        **slot** ([lesson 6](lesson-6.md)): in lesson 6, an entry of a table.\n";

    fn linked(text: &str, page: &str) -> String {
        let text = format!("# T\n\n5 minutes.\n\n{text}");
        let linked = Terms::of(GLOSSARY).unwrap().linked(&text, page, "glossary.md");
        linked
            .replace(" \"a piece of 'memory', as mmap sees it.\"", "")
            .split("\n\n")
            .skip(2)
            .collect()
    }

    #[test]
    fn each_entry_has_an_anchor() {
        let text = Terms::of(GLOSSARY).unwrap().anchored(GLOSSARY);
        assert!(
            text.contains("<strong id=\"page-cache\"><a class=\"header\" href=\"#page-cache\">")
        );
        assert!(
            text.contains("page cache</a></strong> ([lesson 1](lesson-1.md)): where"),
            "{text}"
        );
        assert_eq!(anchor("reader–writer lock"), "reader-writer-lock");
    }

    #[test]
    fn an_entry_that_cannot_be_read_is_refused_and_so_is_a_second_one() {
        let refused = |text: &str| Terms::of(text).err().unwrap().to_string();
        assert!(refused("**page**: a piece.").contains("is no entry"));
        assert!(refused(&GLOSSARY.replace("**SIGBUS", "**Page")).contains("another entry"));
    }

    #[test]
    fn the_first_use_is_a_link_and_the_longest_term_counts() {
        assert_eq!(
            linked("The page cache has Pages. A page is one.", "lesson-2.md"),
            "The [page cache](glossary.md#page-cache \"where pages are.\") has [Pages](glossary.md#page). \
             A page is one."
        );
        assert!(
            linked("Private copies die.", "lesson-2.md").starts_with("[Private copies](glossary")
        );
        assert!(linked("It is `SIGBUS`.", "lesson-2.md").contains("[`SIGBUS`](glossary.md#sigbus"));
    }

    #[test]
    fn what_is_no_plain_text_and_what_the_lesson_explains_has_no_link() {
        for text in [
            "## A page",
            "*page*",
            "[a page](x.md)",
            "```\na page\n```",
            "| page |\n|---|\n| page |",
            "a page-view, pagination, `a page`",
            "a slot",
        ] {
            assert_eq!(linked(text, "lesson-2.md"), text.replace("\n\n", ""), "{text}");
        }
        assert_eq!(linked("A page.", "lesson-1.md"), "A page.");
        let questions = linked("\n## What will happen?\n\nA page.", "lesson-2.md");
        assert!(!questions.contains('['), "{questions}");
        let later = linked(
            "\n## What will happen?\n\nA page.\n\n## Exercise\n\nMap a page.",
            "lesson-2.md",
        );
        assert_eq!(later.matches("](").count(), 1, "{later}");
        assert!(later.contains("Map a [page]"), "{later}");
    }

    #[test]
    fn a_paragraph_has_two_links_at_most() {
        let text = linked("SIGBUS, page, page cache.\n\nLast: the page cache.", "lesson-2.md");
        let (first, last) = text.split_once("Last").unwrap();
        assert_eq!([first, last].map(|part| part.matches("](").count()), [2, 1], "{text}");
    }
}
