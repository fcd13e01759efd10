//! Excerpts are verbatim: every line of a Rust or C block of a text is in the file that the paragraph
//! before it links to.

use crate::assert_none;
use crate::workspace::{lessons, read};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use std::path::Path;

#[test]
fn every_excerpt_stands_in_the_file_that_the_text_names() {
    let mut problems = Vec::new();
    for lesson in lessons() {
        let excerpts = excerpts(&read(&lesson.text));
        if excerpts.is_empty() {
            problems.push(format!("{} shows no code", lesson.name));
        }
        let directory = lesson.text.parent().expect("a text is in lessons/");
        problems
            .extend(excerpts.iter().filter_map(|(file, code)| misquotation(directory, file, code)));
    }
    assert_none(&problems);
}

#[test]
fn a_misquoted_excerpt_is_found() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("checks");
    let text = "From [main](main.rs):\n\n```rust\nmod claims;\nmod console;\n```\n";
    for (text, wrong) in [
        (text.into(), false),
        (text.replace("mod con", "mod  con"), true),
        (text.replace("main.rs", "no.rs"), true),
    ] {
        let [(file, code)] = &excerpts(&text)[..] else { panic!("one excerpt in {text}") };
        assert_eq!(misquotation(&here, file, code).is_some(), wrong, "{text}");
    }
    assert_eq!(excerpts("```rust\nmod a;\n```\n"), [(String::new(), String::from("mod a;\n"))]);
}

/// Each Rust or C block, with the file that the paragraph before it links to last.
fn excerpts(text: &str) -> Vec<(String, String)> {
    let mut excerpts = Vec::new();
    let (mut file, mut code, mut paragraph_ended) = (String::new(), None, false);
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Paragraph) => file.clear(),
            Event::Start(Tag::Link { dest_url, .. }) => file = dest_url.into_string(),
            Event::End(TagEnd::Paragraph) => paragraph_ended = true,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                let quoted = matches!(&*language, "rust" | "c");
                code = quoted.then(|| {
                    (if paragraph_ended { file.clone() } else { String::new() }, String::new())
                });
            }
            Event::Text(line) => {
                if let Some((_, code)) = &mut code {
                    code.push_str(&line);
                }
            }
            Event::End(TagEnd::CodeBlock) => excerpts.extend(code.take()),
            _ => {}
        }
    }
    excerpts
}

/// Looks for the excerpt in its file; indentation that all its lines share does not count.
fn misquotation(directory: &Path, file: &str, code: &str) -> Option<String> {
    let path = directory.join(file.split('#').next().unwrap_or_default());
    if !path.is_file() {
        return Some(format!("no file before the excerpt {code:?}: {file:?}"));
    }
    let source = read(&path);
    let source: Vec<_> = source.lines().collect();
    let excerpt: Vec<_> = code.lines().collect();
    let found =
        source.windows(excerpt.len().max(1)).any(|lines| dedented(lines) == dedented(&excerpt));
    (!found).then(|| format!("{file} does not contain:\n{code}"))
}

fn dedented(lines: &[&str]) -> Vec<String> {
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let indent = filled.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    lines.iter().map(|line| line.get(indent..).unwrap_or_default().trim_end().into()).collect()
}
