//! `watch`: what it prints, and what it says about its writer.

use std::fs::File;

use course::scratch;

use crate::{measure_once, path, role};

#[test]
fn watch_prints_what_is_there_and_then_each_new_reading() {
    let scratch = scratch();
    let first = measure_once(&scratch);
    let mut watch = role("watch", "thermometer", &["--count=2"], &scratch).start();
    assert_eq!(watch.hear(), first.trim_end());
    assert_eq!(watch.hear(), "No process measures now");
    let second = measure_once(&scratch);
    assert_eq!(watch.hear(), second.trim_end(), "before it can say that nobody measures");
    assert_eq!(watch.end().code, Some(0));
}

#[test]
fn watch_waits_for_a_thermometer_that_is_not_published_yet() {
    let scratch = scratch();
    File::create(path(&scratch)).unwrap();
    let mut watch = role("watch", "thermometer", &["--count=1"], &scratch).start();
    assert_eq!(watch.hear(), "No reading yet: waiting for a process that measures");
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
    assert_eq!(watch.hear(), "No process measures now");
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
    assert_eq!(
        watch.hear(),
        "No process measures now. The writer ended in the middle of a reading."
    );
    let next = measure_once(&scratch);
    assert!(watch.end().stdout.contains(next.trim_end()), "the next writer repairs it");
}
