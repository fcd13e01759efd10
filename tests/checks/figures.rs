//! Figures: each SVG in a lesson's text is what the lesson's story shows now, and the text repeats its
//! words for readers who cannot see it. `just figures` writes both; `just figures N` those of lesson N.

use std::fs;
use std::path::PathBuf;

use course::{Program, scratch};

use crate::assert_none;
use crate::workspace::{built_programs, entries, file_name, lessons, read, root};

/// A machine that flushes between the store and the look shows a page written: look again.
const LOOKS: usize = 5;

#[test]
fn every_figure_is_what_its_story_shows_and_its_words_stand_beside_it() {
    let bless = std::env::var_os("COURSE_BLESS").is_some();
    let only = std::env::var("COURSE_FIGURES").ok().and_then(|number| number.parse().ok());
    let mut problems = Vec::new();
    let mut used = Vec::new();
    for lesson in lessons() {
        let mut text = read(&lesson.text);
        for (words, name) in figures(&text) {
            let file = directory().join(format!("{name}.svg"));
            if !name.starts_with(&format!("lesson-{}-", lesson.number)) {
                problems.push(format!("{}: {name} is another lesson's", lesson.name));
            }
            if bless && only.is_none_or(|number: usize| number == lesson.number) {
                fs::create_dir_all(directory()).expect("make the figures' directory");
                fs::write(&file, draw(&name)).expect("write the figure");
                let image = |words: &str| format!("![{words}](figures/{name}.svg");
                text = text.replace(&image(&words), &image(&said(&read(&file))));
                fs::write(&lesson.text, &text).expect("write the text");
            } else if !bless {
                problems.extend(differs(&name, &words, &read(&file)));
            }
            used.push(format!("{name}.svg"));
        }
    }
    let strays = entries(&directory()).into_iter().map(|file| file_name(&file));
    let strays = strays.filter(|name| name.starts_with("lesson-") && !used.contains(name));
    problems.extend(strays.map(|name| format!("{name} stands in no text")));
    assert_none(&problems);
    assert!(used.len() >= 5, "found only {used:?}");
}

#[test]
fn a_figure_that_is_not_what_the_story_shows_is_found() {
    let [drawn, other] = ["#", "@"].map(|shape| format!("<desc id='words'>a</desc>{shape}"));
    assert_eq!(problem("x", "a", &drawn, &drawn, true), None);
    assert!(problem("x", "a", &drawn, &other, true).is_some());
    assert!(problem("x", "b", &drawn, &drawn, true).is_some(), "other words beside it");
    let figure = |entry: &str, cache: &str| {
        format!("<desc id='words'>Page 0 {entry}. Page cache of a.b: page 0 {cache}. End.</desc>")
    };
    let (dirty, clean) = (figure("leads", "dirty"), figure("leads", "present"));
    let words = said(&dirty);
    assert_eq!(problem("x", &words, &dirty, &clean, false), None);
    assert!(problem("x", &words, &dirty, &clean, true).is_some());
    assert!(problem("x", &words, &dirty, &figure("has no entry", "dirty"), false).is_some());
    assert_eq!(figures("a ![b c](figures/d-1.svg) e"), [("b c".into(), "d-1".into())]);
}

fn directory() -> PathBuf {
    root().join("lessons/figures")
}

/// The words and the name of each figure of a story in a text. (The charts of recorded runs are checked
/// by the tests of `bench`.)
fn figures(text: &str) -> Vec<(String, String)> {
    let images = text.split("![").skip(1).filter_map(|rest| rest.split_once("](figures/"));
    images
        .filter_map(|(words, rest)| Some((words.into(), rest.split_once(".svg)")?.0.into())))
        .filter(|(_, name): &(String, String)| !name.starts_with("bench-"))
        .collect()
}

/// The figure as the story shows it now.
fn draw(name: &str) -> String {
    let program = built_programs().into_keys().next().expect("a lesson's program is built");
    let page_view = program.with_file_name("page-view");
    let scratch = scratch();
    let program = Program::new(&page_view.to_string_lossy(), ["figure", name]);
    program.env("LESSON_SCRATCH", scratch.path()).succeed()
}

/// The words in a figure.
fn said(figure: &str) -> String {
    let rest = figure.split_once("<desc id='words'>").expect("a figure has words").1;
    rest.split_once("</desc>").expect("they end").0.into()
}

fn differs(name: &str, words: &str, committed: &str) -> Option<String> {
    // What the page cache and the disk have differs from file system to file system, and without cachestat
    // nobody tells which pages are dirty.
    let tells = course::has_cachestat() && course::file_system(scratch().path()) == "ext4";
    let mut looks = (0..LOOKS).map(|_| problem(name, words, committed, &draw(name), tells));
    let first = looks.next().flatten()?;
    looks.all(|found| found.is_some()).then_some(first)
}

fn problem(name: &str, words: &str, committed: &str, drawn: &str, tells: bool) -> Option<String> {
    if said(committed) != words {
        return Some(format!("{name}: other words stand beside it: {words:?}"));
    }
    let same =
        if tells { committed == drawn } else { page_tables(committed) == page_tables(drawn) };
    (!same).then(|| format!("{name} is no longer what the story shows: {drawn}"))
}

/// The words of a figure without the sentences about the page cache.
fn page_tables(figure: &str) -> String {
    let words = said(figure);
    let others = words.split(". ").filter(|sentence| !sentence.starts_with("Page cache of "));
    others.collect::<Vec<_>>().join(". ")
}
