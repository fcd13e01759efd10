//! `bench-read` as a person calls it, quickly: what it writes, what it refuses, what it leaves. No
//! time is asserted anywhere.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use course::{Ended, Program, is_root, scratch};
use serde_json::Value;

const BENCH: &str = env!("CARGO_BIN_EXE_bench-read");

/// A quick run with its results in `directory`.
fn quick(directory: &Path, more: &[&str]) -> Program {
    let output = format!("--output={}", directory.join("out").display());
    Program::new(BENCH, ["--quick", &output].iter().chain(more))
}

fn results(directory: &Path) -> Value {
    let json = fs::read(directory.join("out/read.json")).expect("read.json");
    serde_json::from_slice(&json).expect("JSON")
}

fn methods(results: &Value) -> Vec<&str> {
    let rows = results["rows"].as_array().expect("rows");
    rows.iter().map(|row| row["method"].as_str().expect("a name")).collect()
}

fn notes(results: &Value) -> String {
    let notes = results["notes"].as_array().expect("notes");
    notes.iter().map(|note| note.as_str().expect("a line").to_owned() + "\n").collect()
}

fn one_line(ended: &Ended, says: &str) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(says), "{ended:?}");
}

#[test]
fn every_row_has_its_fields_and_every_method_its_row() {
    let scratch = scratch();
    let stdout = quick(scratch.path(), &["--size=1M"]).succeed();
    let results = results(scratch.path());
    for name in ["cpu", "kernel", "file_system"] {
        assert!(results["machine"][name].is_string(), "{name}");
    }
    let rows = results["rows"].as_array().unwrap();
    for row in rows {
        for name in ["method", "file_system", "written_in"] {
            assert!(row[name].as_str().is_some_and(|text| !text.is_empty()), "{name} in {row}");
        }
        for name in ["seconds_median", "gb_per_s", "ratio_to_memory"] {
            assert!(row[name].as_f64().is_some_and(|value| value > 0.0), "{name} in {row}");
        }
        assert!(["warm", "cold"].contains(&row["state"].as_str().unwrap()), "{row}");
        assert!(row["faults"].is_i64() && row["bytes"].is_u64(), "{row}");
        let speed = row["bytes"].as_f64().unwrap() / row["seconds_median"].as_f64().unwrap() / 1e9;
        assert!((speed / row["gb_per_s"].as_f64().unwrap() - 1.0).abs() < 1e-6, "{row}");
        // Three rounds prove nothing, and the verdicts say so.
        assert!([Value::Null, "cannot tell".into()].contains(&row["verdict"]), "{row}");
    }
    let methods = methods(&results);
    for method in [
        "memory",
        "read-4K",
        "read-64K",
        "read-4M",
        "pread-64K",
        "mapped",
        "mapped-populate",
        "mapped-willneed",
        "mapped-sequential",
        "mapped-random",
        "mapped-hugepage",
        "mapped-windows-2M",
        "random-pread",
        "random-mapped",
        "small-files-read",
        "small-files-mapped",
        "once-pread",
        "once-mapped",
    ] {
        assert!(methods.contains(&method), "{method} in {methods:?}");
        assert!(stdout.contains(&format!("  {method} ")), "{method} in {stdout}");
    }
    for pieces in ["4K", "1M"] {
        let written = |row: &&Value| row["written_in"] == pieces && row["method"] == "mapped";
        assert!(rows.iter().any(|row| written(&row)), "{pieces}");
    }
}

#[test]
fn it_ends_with_the_three_sentences_of_the_json() {
    let scratch = scratch();
    let stdout = quick(scratch.path(), &["--size=64K"]).succeed();
    let results = results(scratch.path());
    let sentences = results["sentences"].as_array().unwrap();
    let last: Vec<_> = stdout.lines().rev().take(3).collect();
    assert_eq!(sentences.len(), 3);
    assert!(sentences.iter().eq(last.iter().rev()), "{stdout}");
}

#[test]
fn the_picture_is_well_formed_and_says_what_it_shows() {
    let scratch = scratch();
    quick(scratch.path(), &["--size=64K"]).succeed();
    let svg = fs::read_to_string(scratch.path().join("out/read.svg")).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let results = results(scratch.path());
    let said = |name: &str| {
        let node = document.descendants().find(|node| node.has_tag_name(name)).unwrap();
        node.text().unwrap().to_owned()
    };
    assert!(said("title").contains(results["machine"]["cpu"].as_str().unwrap()));
    for name in ["mapped", "read-64K", "random-pread", "once-mapped"] {
        assert!(said("desc").contains(&format!("{name} ")), "{name}");
    }
}

#[test]
fn a_file_s_bytes_are_measured_and_left_alone() {
    let scratch = scratch();
    let file = scratch.path().join("mine");
    let bytes = b"three\nlines\n\nand a half".repeat(1000);
    fs::write(&file, &bytes).unwrap();
    let before = fs::metadata(&file).unwrap().modified().unwrap();
    quick(scratch.path(), &[file.to_str().unwrap()]).succeed();
    assert_eq!(results(scratch.path())["size"], bytes.len());
    quick(scratch.path(), &["--size=5K", file.to_str().unwrap()]).succeed();
    assert_eq!(results(scratch.path())["size"], 5 << 10);
    quick(scratch.path(), &["--size=1G", file.to_str().unwrap()]).succeed();
    assert_eq!(results(scratch.path())["size"], bytes.len(), "no longer than it is");
    assert_eq!(fs::read(&file).unwrap(), bytes);
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), before);
}

#[test]
fn a_single_byte_can_be_measured() {
    let scratch = scratch();
    quick(scratch.path(), &["--size=1"]).succeed();
    assert_eq!(results(scratch.path())["size"], 1);
}

#[test]
fn what_cannot_be_measured_is_refused_in_one_line() {
    let scratch = scratch();
    let path = |name: &str| scratch.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("empty"), "").unwrap();
    nix::unistd::mkfifo(Path::new(&path("pipe")), nix::sys::stat::Mode::S_IRWXU).unwrap();
    one_line(&quick(scratch.path(), &[&path("empty")]).run(), "empty\": it is empty");
    one_line(&quick(scratch.path(), &[&path("")]).run(), "not a regular file");
    one_line(&quick(scratch.path(), &[&path("pipe")]).run(), "not a regular file");
    one_line(&quick(scratch.path(), &["/proc/version"]).run(), "it is empty");
    one_line(&quick(scratch.path(), &[&path("missing")]).run(), "No such file or directory");
    fs::write(path("out/file"), "").unwrap();
    let output = format!("--output={}", path("out/file"));
    one_line(&Program::new(BENCH, ["--quick", &output]).run(), "create \"");
}

#[test]
fn a_wrong_call_is_usage() {
    for wrong in ["--size=much", "--size=0", "--sice=1M"] {
        let ended = Program::new(BENCH, ["--quick", wrong]).run();
        assert_eq!(ended.code, Some(2), "{ended:?}");
    }
}

#[test]
fn a_write_that_fails_is_said_and_the_rest_is_measured() {
    let scratch = scratch();
    // A quarter of a megabyte a file, and no signal for the rest.
    let limited = "trap '' XFSZ; ulimit -f 512; exec \"$@\"";
    let output = format!("--output={}", scratch.path().join("out").display());
    let call = ["-c", limited, "sh", BENCH, "--quick", "--size=1M", &output];
    let stdout = Program::new("/bin/sh", call).succeed();
    let results = results(scratch.path());
    assert!(notes(&results).contains("left out: write \""), "{results}");
    assert!(notes(&results).contains("File too large"), "{results}");
    assert!(methods(&results).contains(&"small-files-read"));
    assert!(!methods(&results).contains(&"mapped"));
    assert!(stdout.contains("No file could be counted in place."), "{stdout}");
}

#[test]
fn on_one_cpu_nothing_has_two_threads() {
    let scratch = scratch();
    quick(scratch.path(), &["--size=64K"]).succeed();
    let has_two = methods(&results(scratch.path())).contains(&"mapped-two-threads");
    assert_eq!(has_two, bench::cores().unwrap().len() > 1);
    // A thread of its own: the pin is inherited by what it starts, and ends with it.
    let path = scratch.path().to_owned();
    let pinned = std::thread::spawn(move || {
        bench::pin(bench::cores().unwrap()[0]).unwrap();
        quick(&path, &["--size=64K"]).succeed();
    });
    pinned.join().unwrap();
    let results = results(scratch.path());
    assert!(!methods(&results).iter().any(|method| method.ends_with("two-threads")));
    assert!(notes(&results).contains("one CPU: "), "{results}");
    assert_eq!(notes(&results).contains("not root"), !is_root());
}

#[test]
fn nothing_is_left_behind_even_by_a_run_that_was_killed() {
    let scratch = scratch();
    let base = scratch.path().join("base");
    fs::create_dir(&base).unwrap();
    let at = |program: Program| program.env("LESSON_SCRATCH", &base);
    let mut running = at(quick(scratch.path(), &["--size=16M"])).start();
    while !running.hear().starts_with("one pass") {} // Now the next file is being made.
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
