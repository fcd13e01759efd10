//! The commands as a person, a CI or a teacher calls them.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use check::proof::{answers, build};
use course::{Ended, Program, make_checkout};
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::{Mode, mkdirat};
use nix::unistd::geteuid;
use serde_json::Value;

/// Runs the judge in a checkout of its own, so that the learner's next hint stays.
fn check(arguments: &[&str]) -> Ended {
    let checkout = tempfile::tempdir().expect("make a directory");
    make_checkout(checkout.path());
    let program = Program::new(env!("CARGO_BIN_EXE_check"), arguments);
    program.env("CARGO_MANIFEST_DIR", checkout.path()).run()
}

fn answer(name: &str) -> PathBuf {
    let mut one = answers().expect("list the answers");
    one.retain(|answer| answer.name == name);
    build(&one).expect("build it").pop().expect("it is one")
}

fn judged(name: &str, format: &str) -> Ended {
    let program = answer(name);
    check(&["1", "--program", &program.to_string_lossy(), "--format", format])
}

#[test]
fn the_exit_status_is_the_verdict() {
    assert_eq!(judged("exercise-1/reference", "text").code, Some(0));
    assert_eq!(judged("exercise-1/private", "text").code, Some(1));
    for wrong in [&["7"][..], &["0"], &["x"], &["--program", "x"], &["1", "--format", "prose"]] {
        let ended = check(wrong);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.starts_with("error: "), "{ended:?}");
    }
    let ended = check(&["1", "--program", "/nonexistent"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    let said = "error: open \"/nonexistent\": No such file or directory";
    assert!(ended.stderr.starts_with(said) && ended.stderr.lines().count() == 1, "{ended:?}");
}

#[test]
fn a_word_after_the_exercise_is_no_second_exercise_and_the_caller_is_told_what_to_do() {
    for (arguments, told) in [
        (["2", "3"], "give one exercise at a time: first 2, then 3"),
        (["2", "hint"], "the command comes before the exercise: hint 2"),
        (["2", "poke.c"], "To judge this program, give --program poke.c"),
    ] {
        let ended = check(&arguments);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(told), "{ended:?}");
    }
}

#[test]
fn outside_a_checkout_the_caller_is_told_what_to_do() {
    let place = tempfile::tempdir().expect("make a directory");
    let copy = place.path().join("check");
    // By a process of its own: a child of this one could inherit a descriptor for writing.
    let done = Command::new("cp").arg(env!("CARGO_BIN_EXE_check")).arg(&copy).status();
    assert!(done.expect("run cp").success());
    let source = place.path().join("program.c");
    fs::write(&source, "int main(void) { return 3; }\n").expect("write");
    let check = |arguments: &[&str], scratch: Option<&Path>| {
        let mut check = Command::new(&copy);
        check.args(arguments).current_dir(place.path()).env_remove("CARGO_MANIFEST_DIR");
        check.env_remove("LESSON_SCRATCH").envs(scratch.map(|path| ("LESSON_SCRATCH", path)));
        let ended = check.output().expect("run check");
        (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
    };
    let judge = ["1", "--program", &source.to_string_lossy()];
    for (arguments, scratch, told) in [
        (
            &judge[..],
            None,
            "run it in the checkout. To judge with --program elsewhere, set LESSON_SCRATCH",
        ),
        (&["1"], None, "run it in the checkout"),
        (&[], None, "run it in the checkout"),
        (&["hint", "1"], None, "run it in the checkout"),
        (
            &judge,
            Some(Path::new("/nonexistent")),
            "LESSON_SCRATCH names no directory: /nonexistent",
        ),
    ] {
        let (status, said) = check(arguments, scratch);
        assert_eq!(status, Some(2), "{arguments:?}: {said}");
        assert!(said.lines().count() == 1 && said.contains(told), "{arguments:?}: {said}");
    }
    // The program is judged: it is not a right one.
    let open = Permissions::from_mode(0o755);
    fs::set_permissions(place.path(), open).expect("chmod");
    let scratch = tempfile::tempdir_in(place.path()).expect("make a directory");
    assert_eq!(check(&judge, Some(scratch.path())), (Some(1), String::new()));
}

/// Makes directories one in the other, so many that no path names the last one.
fn make_deep(directory: &Path) {
    let (flags, mode) = (OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::S_IRWXU);
    let mut inside = open(directory, flags, Mode::empty()).expect("open");
    for _ in 0..3000 {
        mkdirat(&inside, "deeper", mode).expect("mkdirat");
        inside = openat(&inside, "deeper", flags, Mode::empty()).expect("openat");
    }
}

/// Gives all of this to the ordinary user, if root runs the test: modes do not keep root out.
fn hand_over(path: &Path) {
    if geteuid().is_root() {
        let done = Command::new("chown").args(["--recursive", "65534:65534"]).arg(path).status();
        assert!(done.expect("run chown").success());
    }
}

#[test]
fn what_a_killed_run_has_left_is_removed_however_deep_it_is_and_whatever_its_modes() {
    let place = tempfile::tempdir().expect("make a directory");
    let (copy, base) = (place.path().join("check"), place.path().join("base"));
    let done = Command::new("cp").arg(env!("CARGO_BIN_EXE_check")).arg(&copy).status();
    assert!(done.expect("run cp").success());
    // By this name the next run knows it. Nobody holds a lock in it.
    let left = base.join("mmap-course-0123456789abcdef");
    let closed = left.join("closed");
    fs::create_dir_all(&closed).expect("mkdir");
    make_deep(&left);
    fs::write(closed.join("file"), "").expect("write");
    // A run that lives holds the lock, whatever its program has done to the modes.
    let living = base.join("mmap-course-fedcba9876543210");
    fs::create_dir(&living).expect("mkdir");
    let lock = fs::File::create_new(living.join("lock")).expect("make a lock");
    lock.try_lock().expect("lock it");
    hand_over(&base);
    for path in [&closed, &left, &living.join("lock"), &living] {
        fs::set_permissions(path, Permissions::from_mode(0o000)).expect("chmod");
    }
    fs::set_permissions(place.path(), Permissions::from_mode(0o755)).expect("chmod");
    let mut judge = Command::new(&copy);
    judge.args(["1", "--program", "/bin/true"]).current_dir(place.path());
    judge.env_remove("CARGO_MANIFEST_DIR").env("LESSON_SCRATCH", &base);
    if geteuid().is_root() {
        judge.uid(65534).gid(65534);
    }
    let ended = judge.output().expect("run check");
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let found = fs::read_dir(&base).expect("list").map(|entry| entry.expect("look").path());
    assert_eq!(found.collect::<Vec<_>>(), [living]);
}

#[test]
fn the_first_line_is_the_diagnosis() {
    let ended = judged("exercise-1/private", "text");
    let first = ended.stdout.lines().next().unwrap_or_default();
    assert!(first.starts_with("Exercise 1: private-mapping: "), "{first}");
    for part in ["expected ", "seen ", "why ", "lessons/lesson-1-mapping-a-file.md#the-code"] {
        assert!(ended.stdout.contains(part), "no {part:?} in {}", ended.stdout);
    }
}

#[test]
fn a_crash_gets_its_address_its_mapping_the_offset_and_the_files_length() {
    let ended = judged("exercise-1/never_grows", "json");
    let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let checks = report["checks"].as_array().expect("checks");
    let crash = checks.iter().find(|check| check["diagnosis"] == "died-of-a-signal");
    let seen = crash.expect("a crash")["actual"].as_str().expect("text");
    for part in ["died of SIGBUS: address 0x", "in the mapping rw-s of FILE, byte "] {
        assert!(seen.contains(part), "no {part:?} in {seen}");
    }
    assert!(seen.ends_with("which had 0 bytes"), "{seen}");
}

#[test]
fn every_format_tells_of_every_check() {
    let json = judged("exercise-1/private", "json");
    let report: Value = serde_json::from_str(&json.stdout).expect("JSON");
    let checks = report["checks"].as_array().expect("checks").clone();
    let ids: Vec<_> = checks.iter().map(|check| check["id"].as_str().expect("an id")).collect();
    assert!(ids.len() > 10, "{ids:?}");
    let sum = |state: &str| checks.iter().filter(|check| check["state"] == state).count();
    assert_eq!(report["totals"]["failed"], sum("failed"));
    assert_eq!(report["totals"]["skipped"], sum("skipped"));
    assert!(sum("failed") > 0 && sum("skipped") > 0 && sum("passed") > 0, "{report}");

    let junit = judged("exercise-1/private", "junit").stdout;
    let document = roxmltree::Document::parse(&junit).expect("well-formed XML");
    let named = |name| document.descendants().filter(|node| node.has_tag_name(name)).count();
    assert_eq!(named("testcase"), ids.len(), "{junit}");
    let skipped = sum("skipped") + sum("cannot"); // What this machine cannot judge is skipped there.
    assert_eq!((named("failure"), named("skipped")), (sum("failed"), skipped), "{junit}");

    let gradescope = judged("exercise-1/private", "gradescope").stdout;
    let gradescope: Value = serde_json::from_str(&gradescope).expect("JSON");
    assert_eq!(gradescope["tests"].as_array().map(Vec::len), Some(ids.len()));
    assert_eq!(gradescope["score"].as_f64(), report["totals"]["points"].as_f64());

    let markdown = judged("exercise-1/private", "markdown").stdout;
    let rows = markdown.lines().filter(|line| line.starts_with("| ")).count();
    assert_eq!(rows, ids.len() + 2, "{markdown}");
}

#[test]
fn a_source_file_is_compiled_and_judged_and_a_script_is_executed_as_it_stands() {
    let directory = tempfile::tempdir().expect("make a directory");
    let open = Permissions::from_mode(0o755);
    fs::set_permissions(directory.path(), open.clone()).expect("chmod");
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        fs::write(&path, text).expect("write");
        path
    };
    let of = |path: &Path| check(&["1", "--program", &path.to_string_lossy()]);
    // As an editor saves it: nobody may execute it.
    let ended = of(&write("poke.c", "int main(void) { return 3; }\n"));
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.contains("status 3"), "{ended:?}");
    assert!(!ended.stdout.contains("cannot-be-executed"), "{ended:?}");
    // What no run of a program in Rust shows is no matter here.
    assert!(!ended.stdout.contains("Not judged: references"), "{ended:?}");
    let ended = of(&write("broken.c", "int main(void) { return nothing; }\n"));
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.starts_with("Exercise 1: does-not-compile: "), "{ended:?}");
    assert!(
        ended.stdout.contains("‘nothing’ undeclared") || ended.stdout.contains("'nothing'"),
        "{ended:?}"
    );
    assert!(ended.stdout.contains("Only this file was compiled."), "{ended:?}");
    let script = write("script.c", "#!/bin/sh\nexit 5\n");
    fs::set_permissions(&script, open).expect("chmod");
    let ended = of(&script);
    assert!(ended.stdout.contains("status 5"), "{ended:?}");
}

#[test]
fn checks_that_are_skipped_for_one_reason_are_one_line_without_ids() {
    let directory = tempfile::tempdir().expect("make a directory");
    let program = directory.path().join("empty");
    fs::write(&program, "").expect("write");
    let ended = check(&["1", "--program", &program.to_string_lossy()]);
    assert!(ended.stdout.starts_with("Exercise 1: cannot-be-executed: "), "{ended:?}");
    assert_eq!(ended.stdout.matches("  skipped  ").count(), 1, "{ended:?}");
    assert!(ended.stdout.contains("nothing more is judged"), "{ended:?}");
    assert!(!ended.stdout.contains("poke-stores"), "{ended:?}");
}
