//! ARCHITECTURE.md names what is there: each path exists, what is named beside a file is in that file, and every
//! other type or function that is named is in some source.

use std::fs;
use std::path::PathBuf;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::assert_none;
use crate::workspace::{entries, file_name, read, root, rust_files};

#[test]
fn architecture_names_only_what_is_there() {
    let names = Names::of(&read(&root().join("ARCHITECTURE.md")));
    assert_none(&names.problems());
    assert!(names.paths.len() > 150, "found only {} paths", names.paths.len());
    assert!(names.beside.len() > 60, "found only {} names beside a file", names.beside.len());
    assert!(names.alone.len() > 60, "found only {} names without a file", names.alone.len());
}

#[test]
fn a_name_of_what_is_gone_is_found() {
    let problems = |text: &str| Names::of(text).problems();
    for good in [
        "`check/src/judge.rs` (`Board`), and `lessons/` with `lesson-N-*/src/main.rs`",
        "`Board::make` (`check/src/judge.rs`)",
        "`Board` and `begin_beside` in `check/src/judge.rs`: `gone`, `/proc/PID/maps`, `.rs`, `1..=6`",
        "| a | b |\n| - | - |\n| `check/src/judge.rs`, `timed`: | `CheckContext::random` |",
        "```text\ncheck/src/gone.rs\n```\n`target/gone.rs`",
    ] {
        assert_none(&problems(good));
    }
    for bad in [
        "`check/src/gone.rs`",
        "`src/judge.rs`",
        "`judge.rs`",
        "`gone/`",
        "`lesson-N-*/src/gone.rs`",
        "`check/src/judge.rs` (`Board`, `no_such_name`)",
        "`check/src/judge.rs` (`Board`, with\n`no_such_name`)",
        "`check/src/judge.rs`, `no_such_name`: all",
        "`no_such_name` (`check/src/judge.rs`)",
        "`no_such_name` and `Board` in `check/src/judge.rs`",
        "`Board::no_such_name` in `check/src/judge.rs`",
        "| a | b |\n| - | - |\n| x | `Board::no_such_name` |",
        "a `NoSuchType`",
        "then `no_such_name` works",
    ] {
        assert_eq!(problems(bad).len(), 1, "{bad}: {:?}", problems(bad));
    }
}

/// A part of a paragraph or of a cell.
enum Piece {
    Words(String),
    Code(String),
}

/// What a text names.
#[derive(Default)]
struct Names {
    paths: Vec<String>,
    /// A name, and the path of the file beside it.
    beside: Vec<(String, String)>,
    /// Types and functions: `Board`, `Board::make`, `begin_beside`.
    alone: Vec<String>,
}

impl Names {
    fn of(text: &str) -> Self {
        let mut names = Self::default();
        for block in blocks(text) {
            for (place, piece) in block.iter().enumerate() {
                let Piece::Code(code) = piece else { continue };
                if is_path(code) {
                    names.paths.push(code.clone());
                    let (before, after) = block.split_at(place);
                    let beside = names_before(before).chain(names_after(&after[1..]));
                    names.beside.extend(beside.map(|name| (name, code.clone())));
                } else if is_name(code) && is_of_a_source(code) {
                    names.alone.push(code.clone());
                }
            }
        }
        names
    }

    fn problems(&self) -> Vec<String> {
        let gone = self.paths.iter().filter(|path| found(path).is_empty());
        let mut problems: Vec<_> = gone.map(|path| format!("there is no {path}")).collect();
        for (name, path) in &self.beside {
            let files = found(path).into_iter().filter(|file| file.is_file());
            let texts: Vec<_> = files.map(|file| read(&file)).collect();
            if !texts.is_empty() && !texts.iter().any(|text| has(text, name)) {
                problems.push(format!("{path} has no {name}"));
            }
        }
        let folders = ["crates", "tests", "book/src"].map(|folder| root().join(folder));
        let mut sources = folders.map(|folder| rust_files(&folder)).concat();
        sources.retain(|file| !file.ends_with(file!())); // Its samples name what is gone.
        let sources: Vec<_> = sources.iter().map(|file| read(file)).collect();
        let is_known = |name: &String| {
            let beside = self.beside.iter().any(|(other, _)| other == name);
            beside || sources.iter().any(|source| has(source, name))
        };
        let unknown = self.alone.iter().filter(|name| !is_known(name));
        problems.extend(unknown.map(|name| format!("no source has {name}")));
        problems
    }
}

/// The paragraphs, list items and cells of a text, without its code blocks.
fn blocks(text: &str) -> Vec<Vec<Piece>> {
    let (mut blocks, mut in_code) = (vec![Vec::new()], false);
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        let piece = match event {
            Event::Start(Tag::CodeBlock(_)) => {
                in_code = true;
                continue;
            }
            Event::End(TagEnd::CodeBlock) => {
                in_code = false;
                continue;
            }
            Event::Start(Tag::Paragraph | Tag::Item | Tag::TableCell | Tag::Heading { .. }) => {
                blocks.push(Vec::new());
                continue;
            }
            Event::Text(words) if !in_code => Piece::Words(words.into_string()),
            Event::SoftBreak | Event::HardBreak => Piece::Words(" ".into()),
            Event::Code(code) => Piece::Code(code.into_string()),
            _ => continue,
        };
        let Some(block) = blocks.last_mut() else { continue };
        match (block.last_mut(), piece) {
            (Some(Piece::Words(before)), Piece::Words(words)) => *before += &words,
            (_, piece) => block.push(piece),
        }
    }
    blocks
}

/// Whether that is a path in the repository. What is built has none.
fn is_path(code: &str) -> bool {
    const FILES: [&str; 7] = [".rs", ".md", ".c", ".js", ".json", ".toml", ".html"];
    let is_file = FILES.iter().any(|ending| code.len() > ending.len() && code.ends_with(ending));
    let is_plain = code.chars().all(|c| c.is_ascii_alphanumeric() || "/._-*".contains(c));
    is_plain
        && (code.contains('/') || is_file)
        && !code.starts_with('/')
        && !code.starts_with("target/")
}

/// Whether that is a name of Rust or C: `rules`, `Board::make`.
fn is_name(code: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    code.split("::").all(is_word)
}

/// Whether a name can only be that of a type or a function, and no word of a shell or a call.
fn is_of_a_source(name: &str) -> bool {
    let is_camel = name.starts_with(char::is_uppercase) && name.contains(char::is_lowercase);
    is_camel || name.contains("::") || name.contains('_')
}

/// The names in front of a path: `a` (`PATH`), `a` in `PATH`, `a`, `b` and `c` in `PATH`.
fn names_before(before: &[Piece]) -> impl Iterator<Item = String> {
    let mut names = Vec::new();
    let mut joints: &[&str] = &[" (", " in ", ", in "];
    for pair in before.rchunks_exact(2) {
        match pair {
            [Piece::Code(name), Piece::Words(words)]
                if joints.contains(&words.as_str()) && is_name(name) =>
            {
                names.push(name.clone());
            }
            _ => break,
        }
        joints = &[" and ", ", ", ", and ", " or "];
    }
    names.into_iter()
}

/// The names behind a path: `PATH` (`a`, `b`), or `PATH`, `a`: …
fn names_after(after: &[Piece]) -> impl Iterator<Item = String> {
    let mut names = Vec::new();
    if let [Piece::Words(joint), Piece::Code(name), Piece::Words(next), ..] = after
        && joint == ", "
        && next.starts_with([':', ')'])
    {
        names.push(name);
    }
    let opens = |words: &str| words.starts_with(" (") && !words.contains(')');
    let mut is_open = matches!(after.first(), Some(Piece::Words(words)) if opens(words));
    for piece in after.iter().skip(1) {
        match piece {
            _ if !is_open => break,
            Piece::Words(words) => is_open = !words.contains(')'),
            Piece::Code(code) if is_path(code) => is_open = false,
            Piece::Code(name) => names.push(name),
        }
    }
    names.into_iter().filter(|name| is_name(name)).cloned()
}

/// What a path means: it begins in `crates/` or in the root. In a name, `N` is a number, and `*` is anything.
fn found(path: &str) -> Vec<PathBuf> {
    let bases = [root().join("crates"), root()];
    bases.into_iter().flat_map(|base| below(base, path)).collect()
}

fn below(base: PathBuf, path: &str) -> Vec<PathBuf> {
    let mut found = vec![base];
    for part in path.trim_end_matches('/').split('/') {
        let next = |directory: PathBuf| match directory.join(part) {
            exact if exact.exists() => vec![exact],
            _ if fs::metadata(&directory).is_ok_and(|found| found.is_dir()) => {
                let is_it = |entry: &PathBuf| matches(part.as_bytes(), file_name(entry).as_bytes());
                entries(&directory).into_iter().filter(is_it).collect()
            }
            _ => Vec::new(),
        };
        found = found.into_iter().flat_map(next).collect();
    }
    found
}

fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', pattern @ ..], name) => (0..=name.len()).any(|at| matches(pattern, &name[at..])),
        ([b'N', pattern @ ..], [b'0'..=b'9', name @ ..]) => matches(pattern, name),
        ([one, pattern @ ..], [other, name @ ..]) => one == other && matches(pattern, name),
        _ => false,
    }
}

/// Whether a source has all words of a name.
fn has(source: &str, name: &str) -> bool {
    name.split("::").all(|word| {
        let is_in_a_word = |c: char| c.is_alphanumeric() || c == '_';
        source.match_indices(word).any(|(at, _)| {
            !source[..at].ends_with(is_in_a_word)
                && !source[at + word.len()..].starts_with(is_in_a_word)
        })
    })
}
