//! The story, and the second process that plays in it.

use course::{Program, scratch};

use crate::{PROGRAM, assert_refused, measure_once, role};

#[test]
fn the_story_is_the_same_on_every_run() {
    let first = Program::new(PROGRAM, [""; 0]).succeed();
    let second = Program::new(PROGRAM, [""; 0]).succeed();
    assert_eq!(first, second);
    assert_eq!(
        first.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())).count(),
        lesson_2_shared_access::STEPS.len()
    );
}

#[test]
fn the_second_process_answers_every_line() {
    let scratch = scratch();
    measure_once(&scratch);
    let mut second = role("second", "thermometer", &[], &scratch).start();
    assert_eq!(second.hear(), "ready");
    let last = 2 * common::page_size() - 1;
    let past = format!("load {}", last + 1);
    let past_the_end = format!("load: OFFSET must be a number from 0 to {last}: \"{}\"", last + 1);
    for (order, answer) in [
        ("load", "load: OFFSET is missing"),
        (&past, &past_the_end),
        ("store 0", "store: VALUE is missing"),
        ("store 0 256", "store: VALUE must be a number from 0 to 255: \"256\""),
        ("store 0 -1", "store: VALUE must be a number from 0 to 255: \"-1\""),
        ("read x", "read: OFFSET must be a number from 0 to 4294967295: \"x\""),
        ("store 0 255", "done"),
        ("load 0", "255"),
    ] {
        second.tell(order);
        assert_eq!(second.hear(), answer);
    }
    for order in ["", "fly"] {
        second.tell(order);
        let answer = second.hear();
        assert!(answer.starts_with(&format!("no such order: {order:?}; there are: load ")));
    }
    assert_eq!(second.end().code, Some(0));
}

#[test]
fn the_second_process_makes_no_file() {
    let scratch = scratch();
    let missing = "error: open \"thermometer\": No such file or directory (os error 2)\n";
    assert_refused(&role("second", "thermometer", &[], &scratch).run(), missing);
}
