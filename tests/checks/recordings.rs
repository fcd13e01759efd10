//! Recordings: each page map of the book shows what its story shows now. `just recordings` records.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use course::{Program, scratch};

use crate::assert_none;
use crate::workspace::{built_programs, entries, file_name, read, root};

/// A machine that flushes between the store and the look shows a page written: record again.
const TRIES: usize = 5;

#[test]
fn every_recording_is_what_its_story_shows_now() {
    let page = read(&root().join("book/pages/page-map.md"));
    let names = names(&page);
    assert!(names.len() >= 5, "found only {names:?}");
    let mut problems = Vec::new();
    for name in &names {
        let file = directory().join(format!("{name}.json"));
        if std::env::var_os("COURSE_BLESS").is_some() {
            fs::create_dir_all(directory()).expect("make the recordings' directory");
            fs::write(&file, record(name)).expect("write the recording");
            continue;
        }
        // What the page cache and the disk have differs from file system to file system, and without cachestat
        // nobody tells which pages are dirty.
        let tells = course::has_cachestat() && course::file_system(scratch().path()) == "ext4";
        let shown =
            |recording: &str| if tells { memory(recording) } else { page_tables(recording) };
        let kept = shown(&read(&file));
        if !(0..TRIES).any(|_| shown(&record(name)) == kept) {
            problems.push(format!("{name}.json is not what the story shows: `just recordings`"));
        }
    }
    let kept = entries(&directory()).into_iter().map(|file| file_name(&file));
    let kept = kept.filter(|file| !file.starts_with(RACE));
    let strays = kept.filter(|file| !names.iter().any(|name| *file == format!("{name}.json")));
    problems.extend(strays.map(|file| format!("no page shows {file}")));
    assert_none(&problems);
}

/// What the name of a race's recording begins with.
const RACE: &str = "race-";

#[test]
#[ignore = "takes a minute: `just judge` runs it, and so does CI"]
fn every_recording_of_a_race_is_what_the_tracer_sees_now() {
    let page = read(&root().join("book/pages/scheduler.md"));
    let races = named(&page, "<!-- race: ");
    assert!(races.len() >= 5, "found only {races:?}");
    let mut problems = Vec::new();
    for (number, name) in (1..).zip(&races) {
        let file = directory().join(format!("{RACE}{name}.json"));
        let recorded = record_race(number);
        assert!(recorded.contains(&format!("\"name\": \"{name}\"")), "race {number} is not {name}");
        if std::env::var_os("COURSE_BLESS").is_some() {
            fs::write(&file, recorded).expect("write the recording");
        } else if read(&file) != recorded {
            problems.push(format!(
                "{name}: `just play {number}` does something else by now: `just recordings`"
            ));
        }
    }
    let kept = entries(&directory()).into_iter().map(|file| file_name(&file));
    let strays = kept.filter(|file| {
        let name = file.strip_prefix(RACE).and_then(|rest| rest.strip_suffix(".json"));
        name.is_some_and(|name| !races.iter().any(|race| race == name))
    });
    problems.extend(strays.map(|file| format!("no page shows {file}")));
    assert_none(&problems);
}

/// All orders of a race of `just play`, as the tracer sees them now.
fn record_race(number: usize) -> String {
    let program = built_programs().into_keys().next().expect("a lesson's program is built");
    let check = program.with_file_name("check");
    let check = check.to_str().expect("the path is text");
    let (scratch, number) = (scratch(), number.to_string());
    // No deadline: there are hundreds of orders, and the judge limits each run.
    let mut play = Command::new(check);
    play.args(["play", &number, "--record"]).env("LESSON_SCRATCH", scratch.path());
    let ended = play.output().expect("run the judge");
    assert!(ended.status.success(), "{ended:?}");
    String::from_utf8(ended.stdout).expect("a recording is text")
}

#[test]
fn numbers_of_the_output_differ_from_run_to_run_and_the_memory_does_not() {
    let look = |told: &str, state: &str| {
        format!("{{\n  \"told\": [\n    \"{told}\"\n  ],\n  \"state\": \"{state}\"\n}}\n")
    };
    assert_eq!(memory(&look("stored 17", "dirty")), memory(&look("stored 3", "dirty")));
    assert_ne!(memory(&look("stored 17", "dirty")), memory(&look("stored 17", "present")));
    let holds = |value: &str| memory(&format!("\"holds\": \"{value}\","));
    assert_eq!(holds("-17"), holds("3"));
    assert_ne!(holds("'A'"), holds("'B'"));
    assert_eq!(page_tables(&look("a", "dirty")), page_tables(&look("b", "present")));
    assert_eq!(page_tables("\"leads\": \"x\",\n\"state\": \"y\"\n"), ["\"leads\": \"x\","]);
    assert_eq!(names("a\n<!-- recording: b-1 -->\nc\n"), ["b-1"]);
}

fn directory() -> PathBuf {
    root().join("lessons/recordings")
}

/// The recordings that a page shows.
fn names(page: &str) -> Vec<String> {
    named(page, "<!-- recording: ")
}

/// The names in the comments of a page that begin like this.
fn named(page: &str, comment: &str) -> Vec<String> {
    let lines = page.lines().filter_map(|line| line.strip_prefix(comment));
    lines.filter_map(|rest| Some(rest.strip_suffix(" -->")?.to_string())).collect()
}

/// A recording without what the story printed: that names process numbers, random numbers, sizes.
fn memory(recording: &str) -> Vec<String> {
    let mut is_told = false;
    let mut kept = Vec::new();
    for line in recording.lines().map(str::trim) {
        is_told |= line.starts_with("\"told\": [");
        if !is_told {
            kept.push(without_random_numbers(line));
        }
        is_told &= !line.starts_with(']') && line != "\"told\": [],";
    }
    kept
}

/// A line of a recording. If it says what a page holds, each number in it is `#`: the number may be random.
fn without_random_numbers(line: &str) -> String {
    if !["\"holds\":", "\"disk\":"].iter().any(|key| line.starts_with(key)) {
        return line.into();
    }
    let mut kept = line.replace("-", "").replace(|letter: char| letter.is_ascii_digit(), "#");
    while kept.contains("##") {
        kept = kept.replace("##", "#");
    }
    kept
}

/// What a recording shows of the page tables.
fn page_tables(recording: &str) -> Vec<String> {
    let kinds = ["\"title\":", "\"kind\":", "\"label\":", "\"leads\":", "\"own\":"];
    let mut lines = memory(recording);
    lines.retain(|line| kinds.iter().any(|kind| line.starts_with(kind)));
    lines
}

/// The recording of a step, as the story shows it now.
fn record(name: &str) -> String {
    let program = built_programs().into_keys().next().expect("a lesson's program is built");
    let page_view = program.with_file_name("page-view");
    let page_view = page_view.to_str().expect("the path is text");
    let scratch = scratch();
    Program::new(page_view, ["recording", name]).env("LESSON_SCRATCH", scratch.path()).succeed()
}
