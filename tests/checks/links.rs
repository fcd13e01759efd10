//! Links lead somewhere: the file exists, and so does the line or the heading in it.

use std::fs;
use std::path::Path;

use crate::assert_none;
use crate::workspace::{markdown_files, read, shown};
use pulldown_cmark::{Event, Options, Parser, Tag};

#[test]
fn every_link_of_every_text_resolves() {
    let mut problems = Vec::new();
    let mut links = 0;
    for file in markdown_files() {
        let directory = file.parent().expect("a file is in a directory");
        for link in links_of(&read(&file)) {
            links += 1;
            let broken = broken(directory, &file, &link);
            problems.extend(broken.map(|why| format!("{}: {link}: {why}", shown(&file))));
        }
    }
    assert_none(&problems);
    assert!(links > 100, "found only {links} links");
}

#[test]
fn a_broken_link_is_found() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let this = here.join("../README.md");
    for good in ["src/lib.rs", "src/lib.rs#L1", "https://man7.org/", "../README.md"] {
        assert_eq!(broken(here, &this, good), None, "{good}");
    }
    for bad in ["src/gone.rs", "src/lib.rs#L99999", "src/lib.rs#L0", "../README.md#no-such-heading"]
    {
        assert!(broken(here, &this, bad).is_some(), "{bad}");
    }
    assert_eq!(
        links_of("[a](b.md) and ![c](d.png)\n\n| [t](u) |\n|---|\n"),
        ["b.md", "d.png", "u"]
    );
}

fn links_of(text: &str) -> Vec<String> {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES);
    let target = |event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
            Some(dest_url.into_string())
        }
        _ => None,
    };
    events.filter_map(target).collect()
}

/// Why a link leads nowhere. Links to the web are not tried, because tests need no network.
fn broken(directory: &Path, file: &Path, link: &str) -> Option<String> {
    if link.starts_with("https://") {
        return None;
    }
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { file.to_path_buf() } else { directory.join(path) };
    if fs::metadata(&target).is_err() {
        return Some("no such file".into());
    }
    if fragment.is_empty() {
        return None;
    }
    let text = read(&target);
    let found = match fragment.strip_prefix('L').and_then(|line| line.parse::<usize>().ok()) {
        Some(line) => (1..=text.lines().count()).contains(&line),
        None => text.lines().any(|line| line.starts_with('#') && anchor(line) == fragment),
    };
    (!found).then(|| format!("no {fragment} there"))
}

/// The anchor that a heading gets on the usual forges.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
