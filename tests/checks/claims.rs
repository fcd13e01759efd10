//! Claims both ways: every row of a lesson's table, or of the ledger, is a sentence that links to its
//! test, and every claim test has its row. A test's name is its sentence in snake case: see
//! [`test_name`]. In running text a claim is cited by a reference link, whose definition stands at the
//! end of the file and names the test in its title: `[lost-update]: PATH#LINE "test_name"`.
//! `just bless` updates the lines of both.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::assert_none;
use crate::workspace::{Lesson, file_name, lessons, read, root, rust_files, shown};
use syn::spanned::Spanned;

const FEWEST_A_LESSON: usize = 15;
const FEWEST: usize = 100;
const LEVELS: [&str; 3] = ["POSIX", "Linux", "observed"];

/// A claim test's name, and the link to its line as a text in `lessons/` writes it.
type Tests = BTreeMap<String, String>;

#[test]
fn every_row_is_a_test_and_every_test_is_a_row() {
    let ledger = root().join("lessons/ledger.md");
    let mut problems = Vec::new();
    let mut total = 0;
    for lesson in lessons() {
        let tests = tests_of(&lesson);
        total += tests.len();
        if std::env::var_os("COURSE_BLESS").is_some() {
            let text = blessed(&read(&lesson.text), &tests);
            fs::write(&lesson.text, text).expect("write the text");
            // Two lessons may have a claim in the same words: only this lesson's section changes.
            let all = read(&ledger);
            let section = section(&all, &lesson.name);
            let section = section.trim_start_matches("\n## Claims\n");
            let text = all.replace(section, &blessed(section, &tests));
            fs::write(&ledger, text).expect("write the ledger");
        }
        problems.extend(citations(&read(&lesson.text)).filter_map(|(label, link, test)| {
            let right = tests.get(test);
            (right.map(String::as_str) != Some(link)).then(|| {
                format!("{}: [{label}] cites {test} at {link}, and it is {right:?}", lesson.name)
            })
        }));
        let text = read(&lesson.text);
        if rows(&text).len() < FEWEST_A_LESSON {
            problems.push(format!("{} has only {} claims", lesson.name, rows(&text).len()));
        }
        let text = text + &section(&read(&ledger), &lesson.name);
        problems.extend(disagreements(&lesson.name, &text, &tests));
    }
    assert_none(&problems);
    assert!(total > FEWEST, "only {total} claims in all");
}

#[test]
fn a_sentence_and_its_test_have_the_same_words() {
    for (sentence, name) in [
        ("Pages are whole", "pages_are_whole"),
        ("`MS_SYNC` on btrfs writes the whole file", "ms_sync_on_btrfs_writes_the_whole_file"),
        ("An object's name, if unlinked, is gone", "an_objects_name_if_unlinked_is_gone"),
        ("Mapping `/dev/null` fails with `ENODEV`", "mapping_dev_null_fails_with_enodev"),
    ] {
        assert_eq!(test_name(sentence), name);
    }
}

#[test]
fn a_citation_is_read_and_its_line_is_moved() {
    let text = "See [it][whole].\n\n[whole]: ../a.rs#L1 \"pages_are_whole\"\n[x]: y.md\n";
    assert_eq!(citations(text).collect::<Vec<_>>(), [("whole", "../a.rs#L1", "pages_are_whole")]);
    let tests = Tests::from([("pages_are_whole".into(), "../b.rs#L7".into())]);
    assert_eq!(blessed(text, &tests), text.replace("../a.rs#L1", "../b.rs#L7"));
}

#[test]
fn the_ledger_goes_on_where_a_table_ends() {
    let ledger = "# Ledger\n\n## [Lesson 3](lesson-3-msync.md)\n\n| a | b | c |\n|---|---|---|\n| x | y | z |\n\n\
        ## [Lesson 5](lesson-5-x.md)\n\n| a | b | c |\n|---|---|---|\n| u | v | w |\n";
    assert_eq!(rows(&section(ledger, "lesson-3-msync")), [["x", "y", "z"]]);
    assert_eq!(rows(&section(ledger, "lesson-5-x")), [["u", "v", "w"]]);
    assert!(rows(&section(ledger, "lesson-1-y")).is_empty());
}

#[test]
fn a_row_without_a_test_and_a_test_without_a_row_are_found() {
    let link =
        |name: &str, line| (String::from(name), format!("../crates/x/tests/claims/a.rs#L{line}"));
    let tests = Tests::from([link("pages_are_whole", 7), link("exit_unmaps", 9)]);
    let table = |rows: &str| {
        format!(
            "# Lesson\n\n## Claims\n\n| claim | source | level |\n|---|---|---|\n{rows}\n## Exercise\n"
        )
    };
    let row = |sentence, line| {
        format!(
            "| [{sentence}](../crates/x/tests/claims/a.rs#L{line}) | mmap(2), NOTES | Linux |\n"
        )
    };
    let (first, second) = (row("Pages are whole", 7), row("`exit` unmaps", 9));
    assert_none(&disagreements("x", &table(&[first.clone(), second.clone()].concat()), &tests));
    for bad in [
        first.clone(), // a test without a row
        [first.clone(), second.clone(), row("Nothing proves this", 1)].concat(), // a row without a test
        [first.clone(), row("`exit` unmaps", 8)].concat(), // a line that has moved
        [first.clone(), second.replace("Linux", "surely")].concat(), // no such level
        [first.clone(), second.replace("mmap(2), NOTES", " ")].concat(), // no source
        [first.clone(), second.replace("mmap(2), NOTES", "mm/mmap.c")].concat(), // code, no promise
        [first.clone(), second.clone(), second.clone()].concat(), // said twice
        [first.clone(), second.replace("`exit` unmaps", "exit_unmaps")].concat(), // no sentence
    ] {
        assert_eq!(disagreements("x", &table(&bad), &tests).len(), 1, "{bad}");
    }
}

/// Every function with `#[test]` in the lesson's claim binaries.
fn tests_of(lesson: &Lesson) -> Tests {
    let mut tests = Tests::new();
    let is_claims = |path: &Path| file_name(path).starts_with("claims");
    for file in rust_files(&lesson.directory.join("tests")) {
        if file.ancestors().any(is_claims) {
            let parsed = syn::parse_file(&read(&file)).expect("the tests compile");
            for item in parsed.items {
                let syn::Item::Fn(function) = item else { continue };
                if function.attrs.iter().any(|attribute| attribute.path().is_ident("test")) {
                    let line = function.sig.fn_token.span().start().line;
                    let name = function.sig.ident.to_string();
                    let link = format!("../{}#L{line}", shown(&file));
                    assert_eq!(tests.insert(name.clone(), link), None, "two tests named {name}");
                }
            }
        }
    }
    tests
}

/// A lesson's section of the ledger, which goes on where the lesson's own table has no room.
fn section(ledger: &str, lesson: &str) -> String {
    let heading = format!("]({lesson}.md)\n");
    let rest = ledger.split_once(&heading).map_or("", |(_, rest)| rest);
    format!("\n## Claims\n{}", rest.split("\n## ").next().unwrap_or_default())
}

/// The cells of the tables under `## Claims`, without their two head rows.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let sections = text.split("\n## ").filter_map(|section| section.strip_prefix("Claims\n"));
    let lines =
        sections.flat_map(|section| section.lines().filter(|line| line.starts_with('|')).skip(2));
    lines.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// The sentence and the link in a first cell.
fn sentence_and_link(cell: &str) -> Option<(&str, &str)> {
    cell.strip_prefix('[')?.strip_suffix(')')?.rsplit_once("](")
}

/// The name of the test that proves `sentence`: its words in lower case, joined by underscores.
/// Apostrophes vanish; every other character that is no letter or digit separates words.
fn test_name(sentence: &str) -> String {
    let sentence = sentence.replace(['\'', '’'], "").to_lowercase();
    let words =
        sentence.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

/// Whether a row reads as English: it begins with a capital, a digit or code, and has no test's name.
fn is_sentence(sentence: &str) -> bool {
    let begins = sentence.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit() || c == '`');
    let prose = sentence.split('`').step_by(2); // What is between two backticks is code.
    begins && !prose.collect::<String>().contains('_')
}

/// The definitions of the claims that running text cites: label, link, and the test's name.
fn citations(text: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    text.lines().filter_map(|line| {
        let (label, rest) = line.strip_prefix('[')?.split_once("]: ")?;
        let (link, title) = rest.split_once(" \"")?;
        Some((label, link, title.strip_suffix('"')?))
    })
}

fn disagreements(lesson: &str, text: &str, tests: &Tests) -> Vec<String> {
    let mut problems = Vec::new();
    let mut seen = Vec::new();
    for row in rows(text) {
        let [claim, source, level] = row[..] else {
            problems.push(format!("{lesson}: not three cells: {row:?}"));
            continue;
        };
        let Some((sentence, link)) = sentence_and_link(claim) else {
            problems.push(format!("{lesson}: no [sentence](link) in {claim:?}"));
            continue;
        };
        let name = test_name(sentence);
        match tests.get(&name) {
            None => problems.push(format!("{lesson}: the row {sentence:?} has no test {name}")),
            Some(_) if !is_sentence(sentence) => {
                problems.push(format!("{lesson}: the row {sentence:?} is no sentence"));
            }
            Some(right) if right != link => {
                problems.push(format!("{lesson}: {name} is at {right}"))
            }
            Some(_) if seen.contains(&name) => {
                problems.push(format!("{lesson}: {name} stands twice"))
            }
            Some(_) if source.is_empty() => {
                problems.push(format!("{lesson}: {name} has no source"))
            }
            Some(_) if !LEVELS.iter().any(|known| level.starts_with(known)) => {
                problems.push(format!("{lesson}: {name} has the level {level:?}"));
            }
            Some(_) if !level.starts_with("observed") && !can_promise(source) => {
                problems.push(format!("{lesson}: {name}: {source} promises nothing"));
            }
            Some(_) => {}
        }
        seen.push(name);
    }
    let rowless = tests.keys().filter(|name| !seen.contains(name));
    problems.extend(rowless.map(|name| format!("{lesson}: the test {name} has no row")));
    problems
}

/// Whether a source is a text that promises something: a manual page such as mmap(2), POSIX, or the
/// kernel's documentation. The kernel's code only shows what it does now.
fn can_promise(source: &str) -> bool {
    let manual_page =
        source.split('(').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    manual_page || source.contains("POSIX") || source.contains(".rst")
}

/// The text with the link of each row and each citation set to where its test is now.
fn blessed(text: &str, tests: &Tests) -> String {
    let bless = |line: &str| {
        let cell = line.trim_start_matches('|').split('|').next().unwrap_or_default().trim();
        let row = line.strip_prefix("| [").and_then(|_| sentence_and_link(cell));
        let row = row.map(|(sentence, link)| (link, test_name(sentence)));
        let cited = citations(line).next().map(|(_, link, test)| (link, test.to_string()));
        let moved = row.or(cited).and_then(|(link, name)| Some((link, tests.get(&name)?)));
        moved.map_or(line.into(), |(link, right)| line.replacen(link, right, 1))
    };
    text.split('\n').map(bless).collect::<Vec<_>>().join("\n")
}
