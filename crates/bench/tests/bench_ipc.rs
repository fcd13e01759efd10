//! `bench-ipc` as a person calls it: what it writes and says. Never a time.
#![expect(clippy::unwrap_used, reason = "a helper of the tests fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::Scratch;
use course::{Ended, Program, scratch};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_bench-ipc");

/// A moment's measurement into `scratch`.
fn quick(scratch: &Scratch) -> Program {
    let output = scratch.path().join("bench");
    let arguments = ["--quick".as_ref(), "--output".as_ref(), output.as_os_str()];
    let own = scratch.path().join("scratch"); // A LESSON_SCRATCH that is named must be there.
    fs::create_dir_all(&own).unwrap();
    Program::new(PROGRAM, arguments).env("LESSON_SCRATCH", own)
}

fn json(scratch: &Scratch) -> Value {
    let text = fs::read(scratch.path().join("bench/ipc.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn rows<'j>(json: &'j Value, table: &str) -> &'j Vec<Value> {
    json[table].as_array().unwrap()
}

fn names(rows: &[Value], name: &str) -> BTreeSet<String> {
    rows.iter().map(|row| row[name].as_str().unwrap().to_owned()).collect()
}

fn keys(row: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = row.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn nothing_left(scratch: &Scratch) {
    let left = fs::read_dir(scratch.path().join("scratch")).unwrap();
    assert_eq!(left.count(), 0, "its scratch directory goes with it");
}

#[test]
fn the_document_has_every_way_and_every_load() {
    if bench::cores().unwrap().len() < 2 {
        return one_core_leaves_spinning_out_and_says_so();
    }
    let scratch = scratch();
    let said = quick(&scratch).succeed();
    let json = json(&scratch);
    assert_eq!(keys(&json), ["machine", "round_trips", "throughput"]);
    let trips = rows(&json, "round_trips");
    assert_eq!(trips.len(), 10);
    assert_eq!(
        names(trips, "transport"),
        set(&["mapped", "pipe", "socket", "queue", "cache-line", "futex"])
    );
    for trip in trips {
        let wanted =
            ["max_ns", "p50_ns", "p999_ns", "p99_ns", "payload_bytes", "transport", "wait"];
        assert_eq!(keys(trip), wanted);
        let bare = ["cache-line", "futex"].contains(&trip["transport"].as_str().unwrap());
        assert_eq!(trip["payload_bytes"], if bare { 0 } else { 56 }, "{trip}");
        let times = ["p50_ns", "p99_ns", "p999_ns", "max_ns"].map(|at| trip[at].as_u64().unwrap());
        assert!(times[0] > 0 && times.is_sorted(), "{trip}");
    }
    assert_eq!(names(trips, "wait"), set(&["spin", "block"]));
    let loads = rows(&json, "throughput");
    assert_eq!(names(loads, "transport"), set(&["mapped", "pipe", "socket", "queue"]));
    for transport in ["mapped", "pipe", "socket"] {
        let mut of = loads.iter().filter(|load| load["transport"] == transport);
        for size in [64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10] {
            let load = of.next().unwrap();
            let wanted = ["bytes_per_s", "message_bytes", "messages_per_s", "transport"];
            assert_eq!((keys(load), &load["message_bytes"]), (wanted.to_vec(), &size.into()));
            let per_second = load["messages_per_s"].as_f64().unwrap();
            let bytes = load["bytes_per_s"].as_f64().unwrap();
            assert!(per_second > 0.0 && (bytes / per_second - f64::from(size)).abs() < 0.01);
        }
    }
    says_three_sentences(&said);
    drawn(scratch.path());
    nothing_left(&scratch);
}

/// The last three lines are sentences; the table has every row.
fn says_three_sentences(said: &str) {
    let sentences: Vec<_> = said.lines().rev().take_while(|line| !line.is_empty()).collect();
    assert_eq!(sentences.len(), 3, "{said}");
    let beginnings = ["The ring carried ", "Sleeping, ", "Spinning, "];
    for (sentence, beginning) in sentences.iter().zip(beginnings) {
        assert!(sentence.starts_with(beginning) && sentence.ends_with('.'), "{sentence}");
    }
    for row in ["cache-line, spin, 0 bytes", "mapped, block, 56 bytes", "pipe, 65536 bytes"] {
        assert!(said.lines().any(|line| line.starts_with(row)), "{row:?} in {said}");
    }
    let first = said.lines().next().unwrap();
    assert!(first.contains("Linux ") && first.contains("CPUs"), "{first}");
    // Above what /proc/sys/fs/mqueue says a message may have: said, and the others measured.
    assert!(said.contains("\nleft out: queue, messages of 65536 bytes: mq_open "), "{said}");
}

fn drawn(directory: &Path) {
    let svg = fs::read_to_string(directory.join("bench/ipc.svg")).unwrap();
    let picture = roxmltree::Document::parse(&svg).unwrap();
    let words = picture.descendants().find(|node| node.has_tag_name("desc")).unwrap().text();
    for part in ["mapped, spin ", "futex, block ", "99.9% within ", "mapped, 64 bytes "] {
        assert!(words.unwrap().contains(part), "{part:?} in {words:?}");
    }
}

#[test]
fn one_core_leaves_spinning_out_and_says_so() {
    let scratch = scratch();
    let first = bench::cores().unwrap()[0];
    bench::pin(first).unwrap(); // This thread alone, and what it starts.
    let said = quick(&scratch).succeed();
    assert!(said.contains("\none CPU: "), "{said}");
    let json = json(&scratch);
    assert_eq!(names(rows(&json, "round_trips"), "wait"), set(&["block"]));
    assert!(said.contains("\nSpinning was not measured here.\n"), "{said}");
    assert_eq!(json["machine"]["cores"], Value::Array(vec![]));
}

/// One line on standard error, status 1.
fn refused(ended: &Ended, words: &str) {
    assert_eq!((ended.code, ended.stderr.lines().count()), (Some(1), 1), "{ended:?}");
    assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(words), "{ended:?}");
}

#[test]
fn what_it_cannot_do_is_one_line() {
    let scratch = scratch();
    let to = |path: &str| Program::new(PROGRAM, ["--quick", "--output", path]).run();
    refused(&to("/dev/null/x"), "create \"/dev/null/x\": Not a directory (os error 20)");
    let nowhere = quick(&scratch).env("LESSON_SCRATCH", "/dev/null/x").run();
    refused(&nowhere, "LESSON_SCRATCH");
    let wrong = Program::new(PROGRAM, ["--no-such-option"]).run();
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("Usage: cargo bench-ipc"), "{wrong:?}");
}

#[test]
fn a_killed_measurement_leaves_nothing_once_the_next_has_started() {
    let scratch = scratch();
    let mut running = quick(&scratch).start();
    while !running.hear().contains("left out: ") {} // Somewhere in the middle.
    let killed = running.kill();
    assert!(killed.code.is_none(), "{killed:?}");
    quick(&scratch).succeed();
    nothing_left(&scratch);
}
