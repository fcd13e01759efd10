//! The story, and the second process of the story.

use course::{Program, file_system, scratch, undisturbed};
use lesson_2_shared_access::STEPS;

use crate::{PROGRAM, assert_refused, measure_once, role};

#[test]
fn the_story_is_the_same_on_every_run() {
    undisturbed(|| {
        let story = || Program::new(PROGRAM, [""; 0]).succeed();
        let (first, second) = (story(), story());
        let headings = first.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
        assert_eq!(headings.count(), STEPS.len());
        assert_eq!(but_for_the_disk(&first), but_for_the_disk(&second));
        // In one of the two runs, the kernel may have written a page to the disk by itself.
        (first == second).then_some(())
    });
}

/// The story without what its pictures say about the disk.
fn but_for_the_disk(story: &str) -> String {
    let told = story.lines().filter(|line| !line.starts_with("      "));
    told.collect::<Vec<_>>().join("\n").replace('*', "#").replace('+', "-")
}

#[test]
fn the_pictures_show_each_process_its_own_page_table() {
    let story = Program::new(PROGRAM, [""; 0]).succeed();
    let disk = file_system(scratch().path());
    let pictures = |heading: &str| {
        let steps = story.split("\n\n");
        let step = steps.filter_map(|step| step.split_once(heading)).next().unwrap().1;
        let cells = course::pictures(step);
        // On the others, the kernel may write a dirty page to the disk at any moment.
        match disk {
            "tmpfs" | "overlayfs" => cells,
            _ => cells.iter().map(|row| row.replace('*', "#").replace('+', "-")).collect(),
        }
    };
    let unrelated = [".", ".", "#", "-", "#", "#"];
    assert_eq!(pictures("Two unrelated"), unrelated, "this process, the second one, three times");
    // Only root may ask whether a page of memory without a file is cached.
    let shared = if course::is_root() { "-" } else { "?" };
    let forked = ["#", "@", shared, "@", "#", "@", "#", "@"];
    assert_eq!(pictures("A parent and"), forked, "parent and child, shared and private");
    assert_eq!(pictures("Sealed memory"), ["-", "_"], "mapped, and unmapped");
    let object = ["..", "..", "#.", "-.", "#-", "##", "##", "##"];
    assert_eq!(pictures("Without a disk"), object);
    let resized = ["#", "#x", "#", "##", "##", "##", "#x", "#x"];
    assert_eq!(pictures("A file grows"), resized);
    assert_eq!(pictures("A killed writer"), ["-", "#", "-"], "the page outlives its writer");
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
