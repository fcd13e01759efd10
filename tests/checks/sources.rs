//! No source of the course contains a page size as a number, a sleep, a note of unfinished work, or
//! unsafe code in a file that does not begin with its invariant.

use crate::assert_none;
use crate::workspace::{is_answer, root, rust_files, shown};
use proc_macro2::{TokenStream, TokenTree};

/// The sizes of one and two pages, and the numbers beside them. A buffer's size is written `64 << 10`.
const PAGE_SIZES: [&str; 10] =
    ["4095", "4096", "4097", "8191", "8192", "8193", "0x1000", "0xfff", "0x2000", "0x1fff"];
const WAITS: [&str; 7] =
    ["sleep", "sleep_ms", "usleep", "nanosleep", "clock_nanosleep", "park_timeout", "yield_now"];

#[test]
fn no_source_has_a_page_size_a_sleep_an_unfinished_thought_or_an_unproven_unsafe() {
    let mut files = rust_files(&root().join("crates"));
    files.extend(rust_files(&root().join("tests")));
    files.retain(|file| !is_answer(file));
    assert!(files.len() > 60, "found only {} sources", files.len());
    let problems = files.iter().flat_map(|file| {
        let source = crate::workspace::read(file);
        problems(&source).into_iter().map(move |problem| format!("{}: {problem}", shown(file)))
    });
    assert_none(&problems.collect::<Vec<_>>());
}

#[test]
fn each_of_these_is_found() {
    let good = "//! What it shows.\nfn f() -> usize { common::page_size() /* not 4096 */ }\n";
    assert_none(&problems(good));
    let unfinished = ["TO", "DO"].concat();
    for bad in [
        "//! Doc.\nfn f() -> usize { 4096 }".into(),
        "//! Doc.\nfn f() -> usize { 2 * 4_096usize }".into(),
        "//! Doc.\nfn f() { say!(\"{}\", 0x1000) }".into(),
        "//! Doc.\nfn f() { std::thread::sleep(d) }".into(),
        format!("//! Doc.\n// {unfinished}: think.\nfn f() {{}}"),
        "//! Doc.\nfn f() { unsafe { g() } }".into(),
        "fn undocumented_file() {}".into(),
    ] {
        assert_eq!(problems(&bad).len(), 1, "{bad}");
    }
}

fn problems(source: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let tokens: TokenStream = source.parse().expect("the sources compile");
    let mut words = Vec::new();
    collect(tokens, &mut words);
    for word in &words {
        if is_page_size(&word.replace('_', "")) {
            problems.push(format!("the page size as a number: {word}"));
        }
        if WAITS.contains(&word.as_str()) {
            problems.push(format!("waits for a time instead of an event: {word}"));
        }
    }
    for unfinished in [["TO", "DO"], ["FIX", "ME"], ["XX", "X"]].map(|halves| halves.concat()) {
        if source.contains(&unfinished) {
            problems.push(format!("an unfinished thought: {unfinished}"));
        }
    }
    if !source.starts_with("//!") {
        problems.push("does not begin by saying what it shows".into());
    }
    let preface =
        source.contains("//! # Safety") && source.contains("#![expect(unsafe_code, reason = ");
    if words.iter().any(|word| word == "unsafe") && !preface {
        problems.push("unsafe code without a `# Safety` preface and its reason".into());
    }
    problems
}

/// Whether a number is a page size, whatever its type.
fn is_page_size(number: &str) -> bool {
    let rests = PAGE_SIZES.iter().filter_map(|size| number.strip_prefix(size));
    rests.into_iter().any(|rest| rest.is_empty() || rest.starts_with(['u', 'i']))
}

/// Every identifier and number, also inside macro calls, but not in strings and comments.
fn collect(tokens: TokenStream, words: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect(group.stream(), words),
            TokenTree::Ident(word) => words.push(word.to_string()),
            TokenTree::Literal(literal)
                if literal.to_string().starts_with(|c: char| c.is_ascii_digit()) =>
            {
                words.push(literal.to_string());
            }
            TokenTree::Literal(_) | TokenTree::Punct(_) => {}
        }
    }
}
