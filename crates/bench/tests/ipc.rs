//! `bench-ipc` as a person calls it: what it writes and prints. Nothing asserts a time.
#![expect(clippy::unwrap_used, reason = "a helper of the tests fails by panicking")]

use std::collections::BTreeSet;
use std::fs;

use bench::{Run, Verdict};
use common::{Scratch, allowed_cpus, pin_to};
use course::{Ended, Program, scratch};

const PROGRAM: &str = env!("CARGO_BIN_EXE_bench-ipc");

/// A quick run that writes into `scratch`.
fn quick(scratch: &Scratch) -> Program {
    let output = scratch.path().join("bench");
    let arguments = ["--quick".as_ref(), "--output".as_ref(), output.as_os_str()];
    let own = scratch.path().join("scratch"); // A LESSON_SCRATCH that is named must exist.
    fs::create_dir_all(&own).unwrap();
    Program::new(PROGRAM, arguments).env("LESSON_SCRATCH", own)
}

fn record(scratch: &Scratch) -> Run {
    let text = fs::read(scratch.path().join("bench/bench-ipc.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn methods(run: &Run, group: &str) -> BTreeSet<String> {
    run.group(group).unwrap().rows.iter().map(|row| row.method.clone()).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn nothing_left(scratch: &Scratch) {
    let left = fs::read_dir(scratch.path().join("scratch")).unwrap();
    assert_eq!(left.count(), 0, "the run removes its scratch directory");
}

#[test]
fn the_record_has_every_method_and_every_size() {
    if allowed_cpus().unwrap().len() < 2 {
        return one_cpu_leaves_spinning_out_and_says_so();
    }
    let scratch = scratch();
    let said = quick(&scratch).succeed();
    let run = record(&scratch);
    let sleeping = set(&["futex", "mapped", "pipe", "socket", "queue"]);
    let spinning = set(&["cache-line", "mapped", "pipe", "socket", "queue"]);
    assert_eq!(methods(&run, "spin-two-cpus"), spinning);
    assert_eq!(methods(&run, "sleep-two-cpus"), sleeping);
    assert_eq!(methods(&run, "sleep-one-cpu"), sleeping);
    let batched = set(&[
        "ring",
        "ring-64K",
        "pipe",
        "pipe-64K-a-call",
        "socket",
        "socket-64K-a-call",
        "queue",
    ]);
    assert_eq!(methods(&run, "throughput-64"), batched);
    for group in ["throughput-1K", "throughput-4K"] {
        assert_eq!(methods(&run, group), set(&["ring", "pipe", "socket", "queue"]), "{group}");
    }
    // Longer than /proc/sys/fs/mqueue lets a message be: left out with a note.
    for group in ["throughput-16K", "throughput-64K"] {
        assert_eq!(methods(&run, group), set(&["ring", "pipe", "socket"]), "{group}");
    }
    assert!(said.contains("note: queue, messages of 64 KiB: left out: mq_open "), "{said}");
    for group in &run.groups {
        for row in &group.rows {
            assert_eq!(row.values.len(), 3, "{row:?}");
            assert!(row.values.iter().all(|value| *value > 0.0), "{row:?}");
        }
    }
    for row in &run.group("sleep-one-cpu").unwrap().rows {
        let times = row.latency.unwrap();
        let times = [times.p50_ns, times.p90_ns, times.p99_ns, times.p999_ns, times.max_ns];
        assert!(times[0] > 0.0 && times.is_sorted(), "{row:?}");
    }
    assert!(run.quick && run.pinned_to.len() == 2, "{run:?}");
    // Three rounds prove nothing, and the verdicts say so.
    assert!(run.comparisons.len() > 30, "{}", run.comparisons.len());
    assert!(run.comparisons.iter().all(|one| one.verdict == Verdict::CannotTell));
    nothing_left(&scratch);
}

#[test]
fn it_prints_at_most_80_columns_and_writes_its_charts() {
    let scratch = scratch();
    let said = quick(&scratch).succeed();
    let tables = said.split("bench-ipc: ").nth(1).unwrap();
    for line in tables.lines().filter(|line| !line.starts_with("chart: ")) {
        assert!(line.chars().count() <= 80 || line.starts_with("record: "), "{line}");
    }
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("Messages of 64 bytes: this run cannot tell whether a pipe"), "{said}");
    for chart in ["sleeping", "latency", "batching", "throughput"] {
        let path = scratch.path().join(format!("bench/bench-ipc-{chart}.svg"));
        let svg = fs::read_to_string(path).unwrap();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let words = document.descendants().find(|node| node.has_tag_name("desc")).unwrap();
        assert!(words.text().unwrap().contains("pipe"), "{chart}");
        assert!(svg.contains("QUICK RUN"), "{chart}");
    }
}

#[test]
fn one_cpu_leaves_spinning_out_and_says_so() {
    let scratch = scratch();
    let first = allowed_cpus().unwrap()[0];
    // A thread of its own: the pin is inherited by what it starts, and ends with it.
    let said = std::thread::scope(|scope| {
        let pinned = scope.spawn(|| {
            pin_to(&[first]).unwrap();
            quick(&scratch).succeed()
        });
        pinned.join().unwrap()
    });
    assert!(said.contains("note: one CPU: "), "{said}");
    let run = record(&scratch);
    assert_eq!(run.pinned_to, [first]);
    assert!(run.group("spin-two-cpus").is_none() && run.group("sleep-two-cpus").is_none());
    assert!(run.group("sleep-one-cpu").is_some());
    assert!(!said.contains("two CPUs: "), "no conclusion about two CPUs: {said}");
}

/// One line on standard error, status 1.
fn refused(ended: &Ended, words: &str) {
    assert_eq!((ended.code, ended.stderr.lines().count()), (Some(1), 1), "{ended:?}");
    assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(words), "{ended:?}");
}

#[test]
fn a_failure_is_one_line() {
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
fn a_killed_run_leaves_nothing_after_the_next_start() {
    let scratch = scratch();
    let mut running = quick(&scratch).start();
    while !running.hear().starts_with("measuring throughput-64 ") {} // Somewhere in the middle.
    let killed = running.kill();
    assert!(killed.code.is_none(), "{killed:?}");
    quick(&scratch).succeed();
    nothing_left(&scratch);
}
