//! Phrases that no reader should have to read twice: none of them stands in a text, a comment, a
//! message or a help text of the course.

use crate::assert_none;
use crate::workspace::{markdown_files, read, root, rust_files, shown};

/// A phrase, in lower case, and what to write instead.
const PHRASES: [(&str, &str); 38] = [
    ("anew", "again, or the exact verb"),
    ("altogether", "in total, or nothing"),
    ("behind the end", "past the end"),
    ("behind its end", "past its end"),
    ("is a word about", "describes"),
    ("to the grave", "name what happens"),
    ("hand's breadth", "single-step"),
    ("stands deeper", "is indented"),
    ("a comfort", "optional"),
    ("a letter a page", "one letter per page"),
    ("an allegation", "not to be trusted"),
    ("by whose", "name the owner"),
    ("whose it is", "name the owner"),
    ("whose end it is", "name the end"),
    ("of two who", "say which process"),
    ("only who", "only a process that"),
    ("for who ", "for readers who"),
    ("who waits ", "a process that waits"),
    ("who sleeps ", "a process that sleeps"),
    ("who goes ", "a process that goes"),
    ("who has ", "a process that has"),
    ("who cannot ", "a process or reader that cannot"),
    ("who does not ", "a process that does not"),
    ("who spins ", "a process that spins"),
    ("who loads ", "a process that loads"),
    ("who stores ", "a process that stores"),
    ("nobody who ", "no process that"),
    ("somebody who ", "a process that"),
    ("in the making", "while it is being initialised"),
    ("held-by-the-dead", "orphaned lock"),
    ("nobody-goes-on", "deadlock"),
    ("burns-processor", "busy wait"),
    ("without a word", "without an error"),
    ("in its stead", "instead"),
    ("told apart", "distinguished"),
    ("may not be known", "is hidden by the kernel"),
    ("that is so", "say what is true"),
    ("and nothing else.", "only"),
];

/// Words after which "who" begins a plain clause.
const PEOPLE: [&str; 7] = ["reader", "readers", "people", "student", "students", "user", "users"];

#[test]
fn no_text_comment_or_message_has_a_phrase_that_must_be_read_twice() {
    let mut files = markdown_files();
    files.extend(rust_files(&root().join("crates")));
    files.extend(rust_files(&root().join("tests")));
    files.extend([root().join("justfile"), root().join("Cargo.toml")]);
    // Answers are programs as learners write them. This file has every phrase.
    let answers = root().join("crates/check/proof");
    files.retain(|file| !file.starts_with(&answers) && !file.ends_with("checks/words.rs"));
    assert!(files.len() > 200, "looked in the wrong place: {files:?}");
    let problems = files.iter().flat_map(|file| {
        let found = problems(&read(file));
        found.into_iter().map(|problem| format!("{}:{problem}", shown(file))).collect::<Vec<_>>()
    });
    assert_none(&problems.collect::<Vec<_>>());
}

#[test]
fn each_phrase_is_found_and_plain_words_are_not() {
    for (phrase, _) in PHRASES {
        assert_eq!(problems(&format!("\nIt is {phrase} .\n")).len(), 1, "{phrase}");
        assert_eq!(problems(&format!("// IT IS {} .", phrase.to_uppercase())).len(), 1, "{phrase}");
    }
    assert_none(&problems("For readers who cannot see it.\n"));
    assert_none(&problems("Renewal: we answer the canewood's question again.\n"));
}

/// The line of each phrase, and what to write instead. A phrase that two lines share is found too.
fn problems(text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let lines: Vec<_> = text.lines().map(plain).collect();
    for (number, line) in lines.iter().enumerate() {
        let next = lines.get(number + 1).map(String::as_str).unwrap_or_default();
        let both = format!(" {line} {next} ");
        for (phrase, instead) in PHRASES {
            let at = both.match_indices(phrase).find(|(at, _)| {
                *at <= line.len() && !both[..*at].ends_with(|c: char| c.is_alphanumeric())
            });
            // "Readers who cannot see it" is plain; "who cannot see it" alone is not.
            let person = |at: usize| {
                let before = both[..at].trim_end().rsplit(' ').next().unwrap_or_default();
                phrase.starts_with("who ") && PEOPLE.contains(&before)
            };
            let ends = |at: usize| {
                let rest = &both[at + phrase.len()..];
                !phrase.ends_with(char::is_alphanumeric)
                    || !rest.starts_with(|c: char| c.is_alphanumeric())
            };
            if at.is_some_and(|(at, _)| ends(at) && !person(at)) {
                problems.push(format!("{}: {phrase:?}; write: {instead}", number + 1));
            }
        }
    }
    problems
}

/// A line in lower case, without the marks of a comment and of Markdown, its words one blank apart.
fn plain(line: &str) -> String {
    let line = line.trim().trim_start_matches(['/', '!', '#', '-', '>', '*']).to_lowercase();
    line.replace('’', "'").split_whitespace().collect::<Vec<_>>().join(" ")
}
