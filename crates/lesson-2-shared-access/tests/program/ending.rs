//! How both roles end: by a signal, with a closed pipe, with a full output, with a file cut short.

use std::fs::File;

use course::{Program, scratch};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::{PROGRAM, assert_refused, measure_once, path, role};

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
        // `watch` finds one reading and prints no other, so it must notice the closed pipe by itself.
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
fn both_roles_say_that_another_process_cut_the_file_short() {
    for (running, length) in [("watch", 0), ("watch", 10), ("measure", 0), ("measure", 10)] {
        let scratch = scratch();
        measure_once(&scratch);
        let more: &[&str] = if running == "measure" { &["--interval-ms=1"] } else { &[] };
        let mut process = role(running, "thermometer", more, &scratch).start();
        process.hear();
        File::options().write(true).open(path(&scratch)).unwrap().set_len(length).unwrap();
        let line =
            format!("error: {running} \"thermometer\": another process cut the file short\n");
        assert_refused(&process.end(), &line);
    }
}

#[test]
fn a_load_after_the_cut_ends_with_the_same_error() {
    // The scenario cuts the file between the check of its size and the load.
    let scratch = scratch();
    measure_once(&scratch);
    let ended = role("scenario", "cut-short-while-watching", &[], &scratch).run();
    assert_refused(&ended, "error: watch \"thermometer\": another process cut the file short\n");
}
