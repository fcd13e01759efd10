//! The lessons' tables of claims: every row is a sentence that links to its test, with the source and
//! the level that the test's doc comment gives. In running text a claim is cited by a reference link,
//! whose definition stands at the end of the file and names the test in its title:
//! `[lost-update]: PATH#LINE "test_name"`. `just ledger` writes the rows and the links.

use std::fs;

use crate::assert_none;
use crate::claim::{Claim, claims, test_name};
use crate::workspace::{lessons, read};

const FEWEST_A_LESSON: usize = 15;

#[test]
fn every_row_of_a_lesson_is_what_its_claim_says() {
    let (claims, _) = claims(); // What is wrong with a comment, the ledger's check says.
    let mut problems = Vec::new();
    for lesson in lessons() {
        let own: Vec<_> = claims.iter().filter(|claim| claim.package == lesson.name).collect();
        if std::env::var_os("COURSE_BLESS").is_some() {
            fs::write(&lesson.text, blessed(&read(&lesson.text), &own)).expect("write the text");
        }
        let text = read(&lesson.text);
        problems.extend(disagreements(&lesson.name, &text, &own));
        if rows(&text).count() < FEWEST_A_LESSON {
            problems.push(format!("{} has only {} claims", lesson.name, rows(&text).count()));
        }
    }
    assert_none(&problems);
}

#[test]
fn rows_and_citations_are_written_from_the_comments() {
    let claims = samples();
    let claims = claims.each_ref();
    let old = "# Lesson\n\n## Claims\n\n| claim | source | level |\n|---|---|---|\n\
        | [pages are whole](old.rs#L1) | x | y |\n| [No claim](a.rs#L1) | x | y |\n\n\
        ## Exercise\n\n[it]: old.rs#L1 \"pages_are_whole\"\n[x]: y.md\n";
    let new = "# Lesson\n\n## Claims\n\n| claim | source | level |\n|---|---|---|\n\
        | [Pages are whole](../crates/x/tests/claims/a.rs#L7) | mmap(2), A\\|B | Linux |\n\
        | [No claim](a.rs#L1) | x | y |\n\n\
        ## Exercise\n\n[it]: ../crates/x/tests/claims/a.rs#L7 \"pages_are_whole\"\n[x]: y.md\n";
    assert_eq!(blessed(old, &claims), new);
}

#[test]
fn a_row_or_a_citation_that_says_something_else_is_found() {
    let claims = samples();
    let claims = claims.each_ref();
    let good = "# Lesson\n\n## Claims\n\n| claim | source | level |\n|---|---|---|\n\
        | [Pages are whole](../crates/x/tests/claims/a.rs#L7) | mmap(2), A\\|B | Linux |\n\
        | [`exit` unmaps](../crates/x/tests/claims/a.rs#L9) | mmap(2), A\\|B | Linux; needs root |\n\n\
        ## Exercise\n\n[it]: ../crates/x/tests/claims/a.rs#L7 \"pages_are_whole\"\n";
    assert_none(&disagreements("x", good, &claims));
    let exit = good.lines().find(|line| line.contains("exit")).expect("a row");
    for (right, wrong) in [
        ("a.rs#L9", "a.rs#L8"),                         // a line that has moved
        ("Linux;", "POSIX;"),                           // another level
        ("B | Linux |", "C | Linux |"),                 // another source
        ("`exit` unmaps", "exit_unmaps"),               // no sentence
        ("`exit` unmaps", "Nothing proves this"),       // a row without a test
        (exit, &format!("{exit}\n{exit}")),             // said twice
        ("a.rs#L7 \"pages_are", "a.rs#L6 \"pages_are"), // a citation of another line
        ("\"pages_are_whole\"", "\"pages_are_half\""),  // a citation of no test
    ] {
        let bad = good.replacen(right, wrong, 1);
        assert_eq!(disagreements("x", &bad, &claims).len(), 1, "{bad}");
    }
}

/// Two claims of a package `x`.
#[cfg(test)]
fn samples() -> [Claim; 2] {
    use crate::claim::{Kind, Said};
    [("Pages are whole", 7, false), ("`exit` unmaps", 9, true)].map(
        |(sentence, line, needs_root)| {
            let name = test_name(sentence);
            let said = Said {
                sentence: sentence.into(),
                call: "`mmap`".into(),
                kind: Kind::Success,
                source: "mmap(2), A|B".into(),
                level: "Linux".into(),
                holds: crate::holds::Holds::since(None),
                manual: Vec::new(),
                tutorials: Vec::new(),
                article: Vec::new(),
            };
            let (path, file) = (format!("a::{name}"), "crates/x/tests/claims/a.rs".into());
            Claim { package: "x".into(), path, name, file, line, needs_root, said }
        },
    )
}

/// The rows of the tables under `## Claims`, without their two head rows.
fn rows(text: &str) -> impl Iterator<Item = &str> {
    let sections = text.split("\n## ").filter_map(|section| section.strip_prefix("Claims\n"));
    sections.flat_map(|section| section.lines().filter(|line| line.starts_with('|')).skip(2))
}

/// The claim's row in the lesson's table.
fn row(claim: &Claim) -> String {
    let cells = [claim.link("../"), claim.said.source.clone(), claim.level()];
    format!("| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

/// The sentence in a row's first cell.
fn sentence(row: &str) -> Option<&str> {
    row.strip_prefix("| [")?.split_once("](").map(|(sentence, _)| sentence)
}

/// The definitions of the claims that running text cites: label, link, and the test's name.
fn citations(text: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    text.lines().filter_map(|line| {
        let (label, rest) = line.strip_prefix('[')?.split_once("]: ")?;
        let (link, title) = rest.split_once(" \"")?;
        Some((label, link, title.strip_suffix('"')?))
    })
}

fn citation(label: &str, claim: &Claim) -> String {
    format!("[{label}]: ../{}#L{} \"{}\"", claim.file, claim.line, claim.name)
}

/// What the text says and the claims do not.
fn disagreements(lesson: &str, text: &str, claims: &[&Claim]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut seen = Vec::new();
    let named = |name: &str| claims.iter().find(|claim| claim.name == name);
    for found in rows(text) {
        let name = sentence(found).map(test_name).unwrap_or_default();
        let claim = named(&name);
        let problem = match claim.map(|claim| row(claim)) {
            None => Some(format!("the row {found:?} has no test {name:?}")),
            Some(right) if right != found => Some(format!("run `just ledger`: the row is {right}")),
            Some(_) if seen.contains(&name) => Some(format!("{name} stands twice")),
            Some(_) => None,
        };
        problems.extend(problem.map(|problem| format!("{lesson}: {problem}")));
        seen.push(name);
    }
    for (label, link, name) in citations(text) {
        let right = named(name).map(|claim| format!("../{}#L{}", claim.file, claim.line));
        if right.as_deref() != Some(link) {
            problems.push(format!("{lesson}: [{label}] cites {name} at {link}: it is {right:?}"));
        }
    }
    problems
}

/// The text with each row and each citation as the claims say.
fn blessed(text: &str, claims: &[&Claim]) -> String {
    let named = |name: &str| claims.iter().find(|claim| claim.name == name);
    let line = |line: &str| {
        let by_row = sentence(line).and_then(|sentence| named(&test_name(sentence)));
        let by_citation =
            citations(line).next().and_then(|(label, _, name)| Some(citation(label, named(name)?)));
        by_row.map(|claim| row(claim)).or(by_citation).unwrap_or_else(|| line.into())
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}
