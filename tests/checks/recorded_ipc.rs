//! Lesson 7's numbers are those of its recorded run, and its conclusions follow from that run.
//! `just bless` writes the numbers.

use serde_json::Value;

use crate::assert_none;
use crate::recorded::{self, Conclusion, assert_shown, with_rows, wrong};
use crate::workspace::{read, root};

/// The first cells of the two tables that show recorded numbers.
const TABLES: [&str; 2] = ["| both processes |", "| 64-byte messages |"];

/// What stands in front of the numbers of the famous factor.
const FACTOR: &str = "In this run (before rounding), the pipe takes ";

/// What stands behind the words of the figure of small messages.
const FIGURE: &str = "](figures/bench-ipc-batching.svg)";

/// What lesson 7 says.
const CONCLUSIONS: [Conclusion; 14] = [
    ("spin-two-cpus/pipe", "spin-two-cpus/mapped", Some("slower"), [0.0, 0.4]),
    ("spin-two-cpus/socket", "spin-two-cpus/mapped", Some("slower"), [0.0, 0.4]),
    ("spin-two-cpus/queue", "spin-two-cpus/mapped", Some("slower"), [0.0, 0.4]),
    ("sleep-two-cpus/pipe", "sleep-two-cpus/mapped", None, [0.75, 1.33]),
    ("sleep-two-cpus/socket", "sleep-two-cpus/mapped", None, [0.75, 1.33]),
    ("sleep-two-cpus/queue", "sleep-two-cpus/mapped", None, [0.75, 1.33]),
    ("sleep-one-cpu/mapped", "sleep-two-cpus/mapped", Some("faster"), [2.0, 100.0]),
    ("sleep-one-cpu/pipe", "sleep-two-cpus/pipe", Some("faster"), [2.0, 100.0]),
    ("throughput-64/pipe", "throughput-64/ring", Some("slower"), [0.0, 0.1]),
    ("throughput-64/pipe-64K-a-call", "throughput-64/pipe", Some("faster"), [5.0, 100.0]),
    ("throughput-64/pipe-64K-a-call", "throughput-64/ring-64K", None, [0.5, 2.0]),
    ("throughput-64/socket", "throughput-64/pipe", Some("slower"), [0.0, 1.0]),
    ("throughput-64K/socket", "throughput-64K/pipe", Some("faster"), [1.0, 10.0]),
    ("throughput-64/socket-64K-a-call", "throughput-64/ring", Some("faster"), [1.0, 10.0]),
];

#[test]
fn every_measured_table_shows_the_recorded_run() {
    let record = record();
    assert_shown(7, |text| with_numbers(text, &record));
}

#[test]
fn the_conclusions_of_lesson_7_follow_from_the_recorded_run() {
    assert_none(&wrong(&record(), &CONCLUSIONS));
}

#[test]
fn other_numbers_and_other_conclusions_are_found() {
    let mut record = record();
    let text = with_numbers(&read(&root().join("lessons/lesson-7-pipes-and-sockets.md")), &record);
    assert_eq!(text.lines().filter(|line| TABLES.iter().any(|t| line.starts_with(t))).count(), 2);
    let other = text.replacen(" µs |", " ms |", 1);
    assert_eq!(with_numbers(&other, &record), text);
    let other = text.replacen("in each call carries ", "in each call carries 1", 1);
    assert_eq!(with_numbers(&other, &record), text);
    let other = text.replacen(FACTOR, &format!("{FACTOR}1"), 1);
    assert_eq!(with_numbers(&other, &record), text);
    for comparison in record["comparisons"].as_array_mut().expect("comparisons") {
        comparison["speed"] = 1000.0.into();
    }
    assert_eq!(wrong(&record, &CONCLUSIONS).len(), CONCLUSIONS.len());
}

fn record() -> Value {
    recorded::record("bench-ipc")
}

/// The text, with the rows of its measured tables as the record has them.
fn with_numbers(text: &str, record: &Value) -> String {
    let mut lines: Vec<String> = text.lines().map(String::from).collect();
    let factor = lines.iter_mut().find(|line| line.contains(FACTOR));
    let factor = factor.expect("the text has the famous factor");
    let before = factor.split(FACTOR).next().unwrap_or_default();
    *factor = format!("{before}{FACTOR}{}", famous_factor(record));
    let figure = lines.iter_mut().find(|line| line.ends_with(FIGURE));
    *figure.expect("the text has the figure") = format!("![{}{FIGURE}", bars(record));
    let [first, second] = TABLES;
    let text = with_rows(&lines.join("\n"), first, round_trips(record));
    with_rows(&text, second, messages(record))
}

/// The time of a pipe whose processes sleep, in times of a mapped file whose processes spin.
fn famous_factor(record: &Value) -> String {
    let spinning = median(record, "spin-two-cpus", "mapped");
    let [two, one] = ["sleep-two-cpus", "sleep-one-cpu"]
        .map(|group| two_digits(median(record, group, "pipe") / spinning));
    format!("{two} times as long on two CPUs, {one} times on one CPU.")
}

/// The words of the figure of small messages: its bars, from the shortest to the longest.
fn bars(record: &Value) -> String {
    let mut bars = [
        ("a pipe with one message for each call", "pipe"),
        ("a socket with one message for each call", "socket"),
        ("a queue", "queue"),
        ("a ring of 64 KiB", "ring-64K"),
        ("a ring of 1 MiB", "ring"),
        ("a pipe with 64 KiB in each call", "pipe-64K-a-call"),
        ("a socket with 64 KiB in each call", "socket-64K-a-call"),
    ]
    .map(|(words, method)| (median(record, "throughput-64", method), words));
    bars.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let bars =
        bars.map(|(a_second, words)| format!("{words} carries {}", two_digits(a_second / 1e6)));
    let bars = bars.join(", ");
    format!("The same run as bars, in million messages a second, longer is better: {bars}.")
}

#[test]
fn a_pause_of_1_ms_is_thousands_of_spinning_round_trips_in_mapped_memory_only() {
    let trips = |method| 1e6 / median(&record(), "spin-two-cpus", method);
    assert!((2e3..1e5).contains(&trips("mapped")));
    for other in ["pipe", "socket", "queue"] {
        assert!((2e2..2e3).contains(&trips(other)), "{other}");
    }
}

fn round_trips(record: &Value) -> Vec<String> {
    [
        ("spin, on two CPUs", "spin-two-cpus"),
        ("sleep, on two CPUs", "sleep-two-cpus"),
        ("sleep, on one CPU", "sleep-one-cpu"),
    ]
    .map(|(words, group)| {
        let cell = |method| microseconds(median(record, group, method));
        let cells = ["mapped", "pipe", "socket", "queue"].map(cell).join(" | ");
        format!("| {words} | {cells} |")
    })
    .into()
}

fn messages(record: &Value) -> Vec<String> {
    [
        ("pipe, one message for each call", "pipe"),
        ("pipe, 1,024 messages for each call", "pipe-64K-a-call"),
        ("ring of 64 KiB", "ring-64K"),
        ("ring of 1 MiB", "ring"),
    ]
    .map(|(words, method)| {
        let a_second = median(record, "throughput-64", method);
        format!("| {words} | {} million |", two_digits(a_second / 1e6))
    })
    .into()
}

/// A method's median: nanoseconds for each round trip, or messages a second.
fn median(record: &Value, group: &str, method: &str) -> f64 {
    let find = |list: &Value, key: &str, name: &str| {
        let found = list.as_array().and_then(|list| list.iter().find(|one| one[key] == name));
        found.unwrap_or_else(|| panic!("no {key} {name} was recorded")).clone()
    };
    let group = find(&record["groups"], "id", group);
    let row = find(&group["rows"], "method", method);
    let unit = if group["id"] == "throughput-64" { "messages/s" } else { "ns" };
    assert_eq!(group["unit"], unit, "another unit was recorded");
    row["median"].as_f64().expect("a median is a number")
}

fn microseconds(ns: f64) -> String {
    format!("{} µs", two_digits(ns / 1e3))
}

/// A number with two digits that count.
fn two_digits(number: f64) -> String {
    if number < 1.0 {
        format!("{number:.2}")
    } else if number < 9.95 {
        format!("{number:.1}")
    } else {
        format!("{number:.0}")
    }
}
