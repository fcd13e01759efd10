//! Lesson 6's table of verdicts is that of its recorded run, and the lesson's conclusions follow from
//! that run. `just bless` writes the table.

use serde_json::Value;

use crate::assert_none;
use crate::recorded::{self, Conclusion, assert_shown, comparison, with_rows, wrong};

/// The start of the table's first line.
const TABLE: &str = "| a file |";

/// The rows: the words, a method of mapping, and the method that it is compared with.
const ROWS: [[&str; 3]; 9] = [
    ["1 GiB written 1 MiB at a time, in place", "pass-ext4-1M/mapped", "pass-ext4-1M/read-256K"],
    ["1 GiB written 4 KiB at a time, in place", "pass-ext4-4K/mapped", "pass-ext4-4K/read-256K"],
    ["1 GiB, copied by atomic loads", "pass-ext4-1M/mapped-atomic", "pass-ext4-1M/read-256K"],
    [
        "8 bytes at random places, all pages already mapped",
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
    ["32 MiB of a cold file, in place", "cold-ext4-1M/mapped", "cold-ext4-1M/read-256K"],
    ["the same, with `MADV_RANDOM`", "cold-ext4-1M/mapped-random", "cold-ext4-1M/read-256K"],
];

/// What the prose of lesson 6 says.
const CONCLUSIONS: [Conclusion; 16] = [
    ("short-reads/mapped-64", "short-reads/pread-64", Some("slower"), [0.0, 0.1]),
    ("small-files/open-mapped", "small-files/open-read", Some("slower"), [0.3, 0.7]),
    ("small-files/open-populate", "small-files/open-read", Some("slower"), [0.0, 1.0]),
    ("pass-ext4-1M/mapped-atomic", "pass-ext4-1M/read-256K", None, [0.6, 1.1]),
    ("pass-ext4-4K/mapped-atomic", "pass-ext4-4K/read-256K", None, [0.6, 1.1]),
    ("pass-ext4-1M/mapped", "pass-ext4-1M/read-256K", Some("faster"), [1.5, 4.0]),
    ("pass-ext4-4K/mapped", "pass-ext4-4K/read-256K", Some("faster"), [1.3, 4.0]),
    ("pass-ext4-1M/mapped-atomic", "pass-ext4-1M/mapped-memcpy", Some("slower"), [0.0, 1.0]),
    ("pass-ext4-4K/mapped-atomic", "pass-ext4-4K/mapped-memcpy", Some("faster"), [1.0, 10.0]),
    (
        "random-independent-ext4-1M/mapped-before",
        "random-independent-ext4-1M/pread-8",
        Some("faster"),
        [2.0, 1000.0],
    ),
    (
        "random-dependent-ext4-1M/mapped-before",
        "random-dependent-ext4-1M/pread-8",
        Some("faster"),
        [1.0, 1000.0],
    ),
    ("two-threads-ext4-1M/mapped", "two-threads-ext4-1M/pread-256K", Some("faster"), [1.0, 10.0]),
    ("two-threads-ext4-4K/mapped", "two-threads-ext4-4K/pread-256K", Some("slower"), [0.0, 1.0]),
    ("cold-ext4-1M/mapped", "cold-ext4-1M/read-256K", None, [0.5, 2.0]),
    ("cold-ext4-1M/mapped-random", "cold-ext4-1M/read-256K", Some("slower"), [0.0, 0.2]),
    ("cold-ext4-1M/mapped-hugepage", "cold-ext4-1M/read-256K", Some("cannot tell"), [0.5, 2.0]),
];

#[test]
fn every_measured_verdict_in_lesson_6_is_that_of_the_recorded_run() {
    let record = record();
    assert_shown(6, |text| with_verdicts(text, &record));
}

#[test]
fn the_conclusions_of_lesson_6_follow_from_the_recorded_run() {
    assert_none(&wrong(&record(), &CONCLUSIONS));
}

#[test]
fn the_rows_name_the_lengths_of_the_recorded_run() {
    let record = record();
    let bytes_of = |id: &str| {
        let groups = record["groups"].as_array().expect("groups");
        groups.iter().find(|group| group["id"] == id).expect(id)["bytes"].as_u64()
    };
    assert_eq!(bytes_of("cold-ext4-1M"), Some(32 << 20));
    assert_eq!([bytes_of("pass-ext4-1M"), bytes_of("pass-ext4-4K")], [Some(1 << 30); 2]);
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
    assert_eq!(wrong(&record, &CONCLUSIONS).len(), CONCLUSIONS.len());
}

fn record() -> Value {
    recorded::record("bench-read")
}

/// The text with the rows that the record gives.
fn with_verdicts(text: &str, record: &Value) -> String {
    let row = |[words, subject, baseline]: [&str; 3]| {
        format!("| {words} | {} |", words_of(&comparison(record, subject, baseline)))
    };
    with_rows(text, TABLE, ROWS.map(row))
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
