//! The story, as a terminal and a pipe see it.

use std::fs;
use std::process::{Command, Stdio};

use course::scratch;

use crate::{LESSON, lesson};

#[test]
fn the_story_shows_what_it_expects_fits_a_terminal_and_leaves_nothing() {
    let scratch = scratch();
    let story = || lesson(&scratch, &["--seed", "1"]).env("LESSON_SCRATCH", scratch.path());
    let told = story().succeed();
    let lines: Vec<_> = told.lines().collect();
    assert!((40..=60).contains(&lines.len()), "{} lines", lines.len());
    // The first line names the kernel, which may be called anything.
    assert!(lines[1..].iter().all(|line| line.chars().count() <= 80), "{told}");
    let compared = lines.iter().filter_map(|line| line.split_once("  expected "));
    for (seen, expected) in compared.clone() {
        let words = expected.split([' ', ':', ',']).filter(|word| !["a", "page"].contains(word));
        for word in words {
            assert!(seen.contains(word), "{seen:?} is not {expected:?}");
        }
    }
    assert!(compared.count() >= 25, "{told}");
    let varies = |line: &&str| !line.contains("(addresses vary)");
    let again = story().succeed();
    assert!(told.lines().filter(varies).eq(again.lines().filter(varies)), "{told}{again}");
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1, "only the test's own lock");
}

#[test]
fn the_story_survives_a_closed_pipe() {
    let (listener, output) = std::io::pipe().unwrap();
    drop(listener);
    let mut command = Command::new(LESSON);
    let output = command.stdout(output).stderr(Stdio::piped()).output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
}
