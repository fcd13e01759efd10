//! The lesson's commands as a person calls them: output, exit status, refusals.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use common::Scratch;
use course::{Ended, Program, scratch};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};

const PROGRAM: &str = env!("CARGO_BIN_EXE_lesson-2-shared-access");

/// `role` on the file `name` of this test's own directory, with `more` arguments.
fn role(role: &str, name: &str, more: &[&str], scratch: &Scratch) -> Program {
    Program::new(PROGRAM, [&[role, name], more].concat()).in_directory(scratch.path())
}

fn measure_once(scratch: &Scratch) -> String {
    role("measure", "thermometer", &["--count=1"], scratch).succeed()
}

fn path(scratch: &Scratch) -> PathBuf {
    scratch.path().join("thermometer")
}

/// A refusal: nothing but one line of error, and status 1.
#[track_caller]
fn assert_refused(ended: &Ended, line: &str) {
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), line), "{ended:?}");
}

#[test]
fn the_story_is_the_same_on_every_run() {
    let first = Program::new(PROGRAM, [""; 0]).succeed();
    let second = Program::new(PROGRAM, [""; 0]).succeed();
    assert_eq!(first, second);
    assert_eq!(
        first.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())).count(),
        11
    );
}

#[test]
fn measure_makes_a_file_of_mode_0600_and_goes_on_where_the_last_one_stopped() {
    let scratch = scratch();
    let first =
        role("measure", "thermometer", &["--count=2", "--interval-ms=1"], &scratch).succeed();
    let numbers: Vec<_> = first.lines().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(numbers, ["Reading 1", "Reading 2"]);
    assert_eq!(fs::metadata(path(&scratch)).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(measure_once(&scratch).starts_with("Reading 3: "));
}

#[test]
fn a_seed_fixes_the_temperatures() {
    let one = scratch();
    let other = scratch();
    let arguments = ["--count=3", "--interval-ms=1", "--seed=7"];
    let measured = role("measure", "thermometer", &arguments, &one).succeed();
    assert_eq!(measured, role("measure", "thermometer", &arguments, &other).succeed());
    assert_eq!(measured.lines().count(), 3);
}

#[test]
fn watch_prints_what_is_there_and_then_each_new_reading() {
    let scratch = scratch();
    let first = measure_once(&scratch);
    let mut watch = role("watch", "thermometer", &["--count=2"], &scratch).start();
    assert_eq!(watch.hear(), first.trim_end());
    assert_eq!(watch.hear(), "Nobody measures now");
    let second = measure_once(&scratch);
    assert_eq!(watch.hear(), second.trim_end(), "before it can say that nobody measures");
    assert_eq!(watch.end().code, Some(0));
}

#[test]
fn watch_waits_for_a_thermometer_that_is_not_published_yet() {
    let scratch = scratch();
    File::create(path(&scratch)).unwrap();
    let mut watch = role("watch", "thermometer", &["--count=1"], &scratch).start();
    assert_eq!(watch.hear(), "Not published yet: waiting for its writer");
    let first = measure_once(&scratch);
    assert!(watch.end().stdout.contains(first.trim_end()));
}

#[test]
fn watch_knows_when_its_writer_was_killed() {
    let scratch = scratch();
    let mut measure = role("measure", "thermometer", &["--interval-ms=60000"], &scratch).start();
    let first = measure.hear();
    let mut watch = role("watch", "thermometer", &[], &scratch).start();
    assert_eq!(watch.hear(), first);
    measure.kill();
    assert_eq!(watch.hear(), "Nobody measures now");
}

#[test]
fn watch_says_that_a_writer_was_killed_halfway() {
    let scratch = scratch();
    measure_once(&scratch);
    let mut half = role("second", "thermometer", &[], &scratch).start();
    half.hear();
    half.tell("half 2");
    half.hear();
    half.kill();
    let mut watch = role("watch", "thermometer", &["--count=1"], &scratch).start();
    assert_eq!(watch.hear(), "Nobody measures now, and the last reading was left half stored");
    let next = measure_once(&scratch);
    assert!(watch.end().stdout.contains(next.trim_end()), "the next writer repairs it");
}

#[test]
fn ctrl_c_and_sigterm_end_both_roles_with_status_0() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let scratch = scratch();
        let mut measure =
            role("measure", "thermometer", &["--interval-ms=60000"], &scratch).start();
        measure.hear();
        let mut watch = role("watch", "thermometer", &[], &scratch).start();
        watch.hear();
        for running in [measure, watch] {
            kill(Pid::from_raw(running.id().try_into().unwrap()), signal).unwrap();
            let ended = running.end();
            assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{signal}");
        }
    }
}

#[test]
fn a_closed_pipe_ends_both_roles_quietly() {
    let scratch = scratch();
    for role in ["measure", "watch"] {
        let line = format!("{{ {PROGRAM} {role} thermometer; echo status $? >&2; }} | head -n 1");
        let ended = Program::new("/bin/sh", ["-c", &line]).in_directory(scratch.path()).run();
        assert!(ended.stdout.starts_with("Reading 1: "), "{ended:?}");
        assert_eq!(ended.stderr, "status 0\n");
        // The next one watches the one reading that is there: nothing more is ever printed.
    }
}

#[test]
fn a_full_output_is_a_failure() {
    let scratch = scratch();
    measure_once(&scratch);
    let line = format!("{PROGRAM} watch thermometer >/dev/full");
    let ended = Program::new("/bin/sh", ["-c", &line]).in_directory(scratch.path()).run();
    let words = "error: write to standard output: No space left on device (os error 28)\n";
    assert_refused(&ended, words);
}

#[test]
fn a_second_measure_is_refused() {
    let scratch = scratch();
    let mut first = role("measure", "thermometer", &["--interval-ms=60000"], &scratch).start();
    first.hear();
    for more in [&["--count=1"][..], &["--count=1", "--force"]] {
        let second = role("measure", "thermometer", more, &scratch).run();
        assert_refused(&second, "error: lock \"thermometer\": another process measures here\n");
    }
    first.kill();
    assert!(measure_once(&scratch).starts_with("Reading 2: "), "its place is free again");
}

#[test]
fn both_roles_refuse_what_is_no_thermometer_and_leave_it_as_it_was() {
    let picture = [b"P6 a picture".as_slice(), &[7; 52]].concat();
    let hidden = [[0; 8].as_slice(), &[7; 56]].concat();
    let published = scratch();
    measure_once(&published);
    let mut later = fs::read(path(&published)).unwrap();
    later[8..12].copy_from_slice(&2_u32.to_ne_bytes());
    let of_length = |length| format!("not a thermometer: {length} bytes instead of 64");
    for (content, why) in [
        (b"short".to_vec(), of_length(5)),
        ([0; 63].to_vec(), of_length(63)),
        ([0; 65].to_vec(), of_length(65)),
        (picture, "not a thermometer: another magic number".into()),
        (later, "a thermometer of version 2, not 1".into()),
        (hidden, "not a thermometer: no magic number".into()),
    ] {
        let scratch = scratch();
        fs::write(path(&scratch), &content).unwrap();
        let line = format!("error: read \"thermometer\": {why}\n");
        if !why.contains("no magic") {
            assert_refused(&role("watch", "thermometer", &["--count=1"], &scratch).run(), &line);
        }
        assert_refused(&role("measure", "thermometer", &["--count=1"], &scratch).run(), &line);
        assert_eq!(fs::read(path(&scratch)).unwrap(), content, "untouched");
        role("measure", "thermometer", &["--count=1", "--force"], &scratch).succeed();
        assert_eq!(fs::read(path(&scratch)).unwrap().len(), 64, "--force makes one of it");
    }
}

#[test]
fn both_roles_refuse_what_is_no_regular_file() {
    let scratch = scratch();
    mkfifo(&scratch.path().join("fifo"), Mode::S_IRWXU).unwrap();
    let device = Path::new("/dev/null").to_str().unwrap();
    let no_file = |name| format!("error: open {name:?}: not a regular file\n");
    for name in ["fifo", device] {
        for more in [&["--count=1"][..], &["--count=1", "--force"]] {
            assert_refused(&role("measure", name, more, &scratch).run(), &no_file(name));
        }
        assert_refused(&role("watch", name, &["--count=1"], &scratch).run(), &no_file(name));
    }
    assert_refused(&role("watch", ".", &["--count=1"], &scratch).run(), &no_file("."));
    let directory = "error: open \".\": Is a directory (os error 21)\n";
    assert_refused(&role("measure", ".", &["--count=1"], &scratch).run(), directory);
    let missing = "error: open \"thermometer\": No such file or directory (os error 2)\n";
    assert_refused(&role("watch", "thermometer", &["--count=1"], &scratch).run(), missing);
    assert!(!path(&scratch).exists(), "watch makes nothing");
}

#[test]
fn measure_refuses_a_file_that_the_user_may_not_write() {
    let scratch = scratch();
    measure_once(&scratch);
    fs::set_permissions(path(&scratch), Permissions::from_mode(0o444)).unwrap();
    let measure = role("measure", "thermometer", &["--count=1"], &scratch).as_ordinary_user();
    // Root's directory keeps the ordinary user out as well: the words are the same.
    let words = "error: open \"thermometer\": Permission denied (os error 13)\n";
    assert_refused(&measure.run(), words);
}

#[test]
fn both_roles_say_that_somebody_cut_the_file_short() {
    for (running, length) in [("watch", 0), ("watch", 10), ("measure", 0), ("measure", 10)] {
        let scratch = scratch();
        measure_once(&scratch);
        let more: &[&str] = if running == "measure" { &["--interval-ms=1"] } else { &[] };
        let mut process = role(running, "thermometer", more, &scratch).start();
        process.hear();
        File::options().write(true).open(path(&scratch)).unwrap().set_len(length).unwrap();
        let line = format!("error: {running} \"thermometer\": somebody cut the file short\n");
        assert_refused(&process.end(), &line);
    }
}

#[test]
fn a_load_that_meets_the_cut_says_the_same() {
    // `second` has no guard, `watch` has: here the cut comes between the check and the load.
    let scratch = scratch();
    measure_once(&scratch);
    let ended = role("scene", "cut-short-while-watching", &[], &scratch).run();
    assert_refused(&ended, "error: watch \"thermometer\": somebody cut the file short\n");
}

#[test]
fn a_wrong_call_is_usage_and_status_2() {
    for arguments in [
        &["measure"][..],
        &["watch"],
        &["watch", "thermometer", "--count=0"],
        &["measure", "thermometer", "--interval-ms=0"],
        &["measure", "thermometer", "--count=many"],
        &["thermometer"],
    ] {
        let ended = Program::new(PROGRAM, arguments).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        assert!(!ended.stderr.is_empty());
    }
}

#[test]
fn the_second_process_answers_every_line() {
    let scratch = scratch();
    measure_once(&scratch);
    let mut second = role("second", "thermometer", &[], &scratch).start();
    assert_eq!(second.hear(), "ready");
    for order in ["", "load", "load -1", "load 99999999", "store 0", "store 0 256", "fly", "read x"]
    {
        second.tell(order);
        assert_eq!(second.hear(), format!("no such order: {order:?}"));
    }
    assert_eq!(second.end().code, Some(0));
}
