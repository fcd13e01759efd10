//! Lesson 6's table of verdicts is that of its recorded run, and the lesson's conclusions follow from
//! that run. `just bless` writes the table.

use std::fs;

use serde_json::Value;

use crate::assert_none;
use crate::workspace::{lessons, read, root};

/// The start of the table's first line.
const TABLE: &str = "| a file |";

/// The rows: the words, a method of mapping, and the method that it is compared with.
const ROWS: [[&str; 3]; 10] = [
    ["1 GiB written 1 MiB at a time, in place", "pass-ext4-1M/mapped", "pass-ext4-1M/read-256K"],
    ["1 GiB written 4 KiB at a time, in place", "pass-ext4-4K/mapped", "pass-ext4-4K/read-256K"],
    ["the same, all pages mapped before", "pass-ext4-4K/mapped-before", "pass-ext4-4K/read-256K"],
    ["1 GiB, copied by atomic loads", "pass-ext4-1M/mapped-atomic", "pass-ext4-1M/read-256K"],
    [
        "8 bytes at random places, all pages mapped before",
        "random-independent-ext4-1M/mapped-before",
        "random-independent-ext4-1M/pread-8",
    ],
    [
        "the same, each place depends on the bytes before",
        "random-dependent-ext4-1M/mapped-before",
        "random-dependent-ext4-1M/pread-8",
    ],
    ["many files of two pages", "small-files/open-mapped", "small-files/open-read"],
    ["64 bytes once: map, load, unmap", "short-reads/mapped-64", "short-reads/pread-64"],
    ["a cold file, front to back", "cold-ext4-1M/mapped", "cold-ext4-1M/read-256K"],
    [
        "a cold file, front to back, with `MADV_RANDOM`",
        "cold-ext4-1M/mapped-random",
        "cold-ext4-1M/read-256K",
    ],
];

/// What the prose of lesson 6 says: the two methods, the verdict if the prose names one, and between
/// which limits lies how many times as fast the first method is.
type Conclusion = ([&'static str; 2], Option<&'static str>, [f64; 2]);
const CONCLUSIONS: [Conclusion; 10] = [
    (["short-reads/mapped-64", "short-reads/pread-64"], Some("slower"), [0.0, 0.1]),
    (["small-files/open-mapped", "small-files/open-read"], Some("slower"), [0.3, 0.7]),
    (["small-files/open-populate", "small-files/open-read"], Some("slower"), [0.0, 1.0]),
    (["pass-ext4-1M/mapped-atomic", "pass-ext4-1M/read-256K"], None, [0.6, 1.5]),
    (["pass-ext4-1M/mapped", "pass-ext4-1M/read-256K"], Some("faster"), [1.5, 4.0]),
    (
        ["random-independent-ext4-1M/mapped-before", "random-independent-ext4-1M/pread-8"],
        Some("faster"),
        [2.0, 1000.0],
    ),
    (
        ["random-dependent-ext4-1M/mapped-before", "random-dependent-ext4-1M/pread-8"],
        Some("faster"),
        [1.0, 1000.0],
    ),
    (["two-threads-ext4-1M/mapped", "two-threads-ext4-1M/pread-256K"], Some("faster"), [1.0, 10.0]),
    (["cold-ext4-1M/mapped", "cold-ext4-1M/read-256K"], None, [0.5, 2.0]),
    (["cold-ext4-1M/mapped-random", "cold-ext4-1M/read-256K"], Some("slower"), [0.0, 0.2]),
];

#[test]
fn every_measured_verdict_in_lesson_6_is_that_of_the_recorded_run() {
    let text = lessons().into_iter().find(|lesson| lesson.number == 6).expect("lesson 6").text;
    let found = read(&text);
    let right = with_verdicts(&found, &record());
    if std::env::var_os("COURSE_BLESS").is_some() {
        fs::write(&text, right).expect("write the text");
    } else {
        assert!(found == right, "run `just bless`: the recorded run has {right}");
    }
}

#[test]
fn the_conclusions_of_lesson_6_follow_from_the_recorded_run() {
    assert_none(&wrong_conclusions(&record()));
}

#[test]
fn other_verdicts_and_other_conclusions_of_lesson_6_are_found() {
    let mut record = record();
    let text = format!("{TABLE} x |\n| --- | --- |\n| y | z |\n\nEnd\n");
    let right = with_verdicts(&text, &record);
    assert_eq!(right.lines().count(), 4 + ROWS.len(), "{right}");
    assert_eq!(with_verdicts(&right, &record), right);
    for comparison in record["comparisons"].as_array_mut().expect("comparisons") {
        comparison["speed"] = 10_000.0.into();
        comparison["verdict"] = "faster".into();
    }
    assert_ne!(with_verdicts(&right, &record), right);
    assert_eq!(wrong_conclusions(&record).len(), CONCLUSIONS.len());
}

fn record() -> Value {
    let text = read(&root().join("lessons/measurements/bench-read.json"));
    serde_json::from_str(&text).expect("the record is JSON")
}

/// The text with the rows that the record gives.
fn with_verdicts(text: &str, record: &Value) -> String {
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    let first = lines.iter().position(|line| line.starts_with(TABLE));
    let first = first.expect("the text has the table") + 2;
    let length = lines[first..].iter().take_while(|line| line.starts_with('|')).count();
    let row = |[words, subject, baseline]: [&str; 3]| {
        format!("| {words} | {} |", words_of(&comparison(record, subject, baseline)))
    };
    lines.splice(first..first + length, ROWS.map(row));
    lines.join("\n") + "\n"
}

/// How a row says what a comparison found.
fn words_of((verdict, speed): &(String, f64)) -> String {
    let times =
        |number: f64| if number < 9.95 { format!("{number:.1}") } else { format!("{number:.0}") };
    match verdict.as_str() {
        "faster" => format!("is {} times as fast", times(*speed)),
        "slower" => format!("takes {} times as long", times(1.0 / speed)),
        _ => "cannot tell".into(),
    }
}

/// The verdict on `subject`, and how many times as fast as `baseline` it is.
fn comparison(record: &Value, subject: &str, baseline: &str) -> (String, f64) {
    let mut all = record["comparisons"].as_array().expect("comparisons").iter();
    let found = all.find(|one| one["subject"] == subject && one["baseline"] == baseline);
    let found = found.unwrap_or_else(|| panic!("{subject} was not compared with {baseline}"));
    let verdict = found["verdict"].as_str().expect("a verdict").into();
    (verdict, found["speed"].as_f64().expect("a number"))
}

/// What the record does not support.
fn wrong_conclusions(record: &Value) -> Vec<String> {
    let wrong = CONCLUSIONS.iter().filter(|([subject, baseline], expected, [least, most])| {
        let (verdict, speed) = comparison(record, subject, baseline);
        expected.is_some_and(|expected| verdict != expected) || speed < *least || speed > *most
    });
    let say = |(methods, ..): &Conclusion| format!("lesson 6 says otherwise of {methods:?}");
    wrong.map(say).collect()
}
