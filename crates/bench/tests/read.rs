//! `bench-read` as a person calls it: what it writes, what it refuses, what it leaves behind. Nothing
//! asserts a time.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use bench::{Run, Verdict};
use common::{allowed_cpus, pin_to};
use course::{Ended, Program, file_system, scratch};

const BENCH: &str = env!("CARGO_BIN_EXE_bench-read");

/// A quick run with its results in `directory`.
fn quick(directory: &Path, more: &[&str]) -> Program {
    let output = format!("--output={}", directory.join("out").display());
    Program::new(BENCH, ["--quick", &output].iter().chain(more))
}

fn record(directory: &Path) -> Run {
    let json = fs::read(directory.join("out/bench-read.json")).expect("bench-read.json");
    serde_json::from_slice(&json).expect("a record")
}

/// All methods of all groups that begin like this.
fn methods(run: &Run, group: &str) -> BTreeSet<String> {
    let groups = run.groups.iter().filter(|measured| measured.id.starts_with(group));
    groups.flat_map(|group| &group.rows).map(|row| row.method.clone()).collect()
}

/// Random places and two threads are measured on a file system with a disk only: not on tmpfs.
fn has_a_disk(scratch: &Path) -> bool {
    file_system(scratch) != "tmpfs"
}

fn one_line(ended: &Ended, says: &str) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(says), "{ended:?}");
}

#[test]
fn the_record_has_every_method_of_every_group() {
    let scratch = scratch();
    let said = quick(scratch.path(), &["--size=1M"]).succeed();
    let run = record(scratch.path());
    for (group, wanted) in [
        (
            "pass-",
            vec![
                "memory",
                "read-4K",
                "read-64K",
                "read-256K",
                "read-1M",
                "mapped",
                "mapped-populate",
                "mapped-before",
                "mapped-memcpy",
                "mapped-atomic",
            ],
        ),
        ("random-independent-", vec!["memory", "pread-8", "mapped-before", "mapped-new"]),
        ("random-dependent-", vec!["memory", "pread-8", "mapped-before"]),
        ("small-files", vec!["open-read", "open-mapped", "open-populate"]),
        ("short-reads", vec!["pread-64", "mapped-64"]),
    ] {
        let measured = !group.starts_with("random-") || has_a_disk(scratch.path());
        let wanted = if measured { wanted } else { Vec::new() };
        let wanted: BTreeSet<String> = wanted.into_iter().map(Into::into).collect();
        assert_eq!(methods(&run, group), wanted, "{group}");
    }
    for group in &run.groups {
        for row in &group.rows {
            assert_eq!(row.values.len(), 3, "{row:?}");
            assert!(row.values.iter().all(|value| *value > 0.0), "{row:?}");
            assert!(row.faults.is_some() && !row.words.is_empty(), "{row:?}");
            assert!(said.contains(&format!("\n  {} ", row.method)), "{row:?}");
        }
    }
    // Both kinds of folios, where the file system has them.
    let written = |bytes| {
        let mut files = run.groups.iter().filter_map(|group| group.file.as_ref());
        files.any(|file| file.written_bytes == bytes)
    };
    let disk = has_a_disk(scratch.path());
    assert!(written(4 << 10) && written(1 << 20) == disk, "{run:?}");
    // Three rounds prove nothing, and the verdicts say so.
    let fewest = if disk { 20 } else { 10 };
    assert!(run.comparisons.len() >= fewest, "{}", run.comparisons.len());
    assert!(run.comparisons.iter().all(|one| one.verdict == Verdict::CannotTell));
    let conclusions = said.split("Conclusions ").nth(1).expect("conclusions");
    assert!(conclusions.contains("cannot tell") && !conclusions.contains(" times as fast"));
}

#[test]
fn every_planned_comparison_is_made_and_nothing_else() {
    let scratch = scratch();
    quick(scratch.path(), &["--size=64K"]).succeed();
    let run = record(scratch.path());
    let planned = run.groups.iter().flat_map(|group| &group.rows).map(|row| row.against.len());
    assert_eq!(run.comparisons.len(), planned.sum::<usize>());
    assert_eq!(run.test.comparisons, run.comparisons.len());
    for comparison in &run.comparisons {
        assert!(run.row(&comparison.subject).is_some(), "{comparison:?}");
        assert!(run.row(&comparison.baseline).is_some(), "{comparison:?}");
        assert!(comparison.p_corrected >= comparison.p, "{comparison:?}");
    }
}

#[test]
fn it_prints_at_most_80_columns_and_writes_its_charts() {
    let scratch = scratch();
    let said = quick(scratch.path(), &["--size=64K"]).succeed();
    let tables = said.split("bench-read: ").nth(1).expect("the tables");
    let places = ["chart: ", "record: "];
    for line in tables.lines().filter(|line| !places.iter().any(|at| line.starts_with(at))) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let charts = match has_a_disk(scratch.path()) {
        true => &["pass", "random", "small"][..],
        false => &["tmpfs", "small"],
    };
    for chart in charts {
        let path = scratch.path().join(format!("out/bench-read-{chart}.svg"));
        let svg = fs::read_to_string(path).expect("a chart");
        let document = roxmltree::Document::parse(&svg).expect("well-formed");
        let node = document.descendants().find(|node| node.has_tag_name("desc"));
        let words = node.and_then(|node| node.text()).expect("words");
        assert!(words.contains("read") && words.contains("mapped"), "{chart}: {words}");
    }
}

#[test]
fn a_file_is_copied_and_left_alone() {
    let scratch = scratch();
    let file = scratch.path().join("mine");
    let bytes = b"three\nlines\n\nand a half".repeat(1000);
    fs::write(&file, &bytes).unwrap();
    let before = fs::metadata(&file).unwrap().modified().unwrap();
    let path = file.to_str().unwrap();
    let length = || {
        let run = record(scratch.path());
        let mut files = run.groups.into_iter().filter_map(|group| group.file);
        files.next().expect("a file").length_bytes
    };
    quick(scratch.path(), &[path]).succeed();
    assert_eq!(length(), bytes.len());
    quick(scratch.path(), &["--size=5K", path]).succeed();
    assert_eq!(length(), 5 << 10);
    quick(scratch.path(), &["--size=1G", path]).succeed();
    assert_eq!(length(), bytes.len(), "no longer than the file");
    assert_eq!(fs::read(&file).unwrap(), bytes);
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), before);
}

#[test]
fn a_single_byte_can_be_measured() {
    let scratch = scratch();
    quick(scratch.path(), &["--size=1"]).succeed();
    assert!(record(scratch.path()).group("short-reads").is_some());
}

#[test]
fn a_file_that_cannot_be_measured_is_refused_in_one_line() {
    let scratch = scratch();
    let path = |name: &str| scratch.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("empty"), "").unwrap();
    nix::unistd::mkfifo(Path::new(&path("pipe")), nix::sys::stat::Mode::S_IRWXU).unwrap();
    one_line(&quick(scratch.path(), &[&path("empty")]).run(), "empty\": the file is empty");
    one_line(&quick(scratch.path(), &[&path("")]).run(), "not a regular file");
    one_line(&quick(scratch.path(), &[&path("pipe")]).run(), "not a regular file");
    one_line(&quick(scratch.path(), &["/proc/version"]).run(), "the file is empty");
    one_line(&quick(scratch.path(), &[&path("missing")]).run(), "No such file or directory");
    fs::write(path("out/file"), "").unwrap();
    let output = format!("--output={}", path("out/file"));
    one_line(&Program::new(BENCH, ["--quick", &output]).run(), "create \"");
}

#[test]
fn a_wrong_call_is_usage() {
    for wrong in ["--size=much", "--size=0", "--sice=1M", "--draw=x"] {
        let ended = Program::new(BENCH, ["--quick", wrong]).run();
        assert_eq!(ended.code, Some(2), "{ended:?}");
    }
}

#[test]
fn a_failed_write_is_a_note_and_the_rest_is_measured() {
    let scratch = scratch();
    // A quarter of a megabyte a file, and an error instead of a signal.
    let limited = "trap '' XFSZ; ulimit -f 512; exec \"$@\"";
    let output = format!("--output={}", scratch.path().join("out").display());
    let call = ["-c", limited, "sh", BENCH, "--quick", "--size=1M", &output];
    Program::new("/bin/sh", call).succeed();
    let run = record(scratch.path());
    let notes = run.notes.join("\n");
    assert!(notes.contains("left out: write \"") && notes.contains("File too large"), "{notes}");
    assert!(run.group("small-files").is_some());
    assert!(methods(&run, "pass-").is_empty());
}

#[test]
fn on_one_cpu_nothing_has_two_threads() {
    let scratch = scratch();
    quick(scratch.path(), &["--size=64K"]).succeed();
    let has_two = !methods(&record(scratch.path()), "two-threads-").is_empty();
    assert_eq!(has_two, allowed_cpus().unwrap().len() > 1 && has_a_disk(scratch.path()));
    // A thread of its own: the pin is inherited by what it starts, and ends with it.
    let path = scratch.path().to_owned();
    let pinned = std::thread::spawn(move || {
        pin_to(&allowed_cpus().unwrap()[..1]).unwrap();
        quick(&path, &["--size=64K"]).succeed();
    });
    pinned.join().unwrap();
    let run = record(scratch.path());
    assert!(methods(&run, "two-threads-").is_empty());
    assert!(run.notes.join("\n").contains("one CPU: "), "{:?}", run.notes);
    assert_eq!(run.pinned_to.len(), 1);
}

#[test]
fn nothing_is_left_behind_even_by_a_run_that_was_killed() {
    let scratch = scratch();
    let base = scratch.path().join("base");
    fs::create_dir(&base).unwrap();
    let at = |program: Program| program.env("LESSON_SCRATCH", &base);
    let mut running = at(quick(scratch.path(), &["--size=16M"])).start();
    while !running.hear().starts_with("measuring ") {} // The first file has been written.
    let left = || fs::read_dir(&base).unwrap().map(|entry| entry.unwrap().file_name());
    let own = left().next().expect("a directory of its own").into_string().unwrap();
    running.kill();
    let files = fs::read_dir(base.join(&own)).unwrap();
    let lengths = files.map(|entry| entry.unwrap().metadata().unwrap().len());
    assert!(lengths.sum::<u64>() < 16 << 20, "no file of that size has a name");
    at(quick(scratch.path(), &["--size=64K"])).succeed();
    assert_eq!(left().count(), 0);
    let shared = fs::read_dir("/dev/shm").unwrap();
    let names = shared.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.into_iter().all(|name| !name.contains(&own)));
}
