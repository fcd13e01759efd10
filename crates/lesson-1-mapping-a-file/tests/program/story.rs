//! The story as a terminal and as a pipe get it.

use std::fs;
use std::process::{Command, Stdio};

use course::{file_system, has_cachestat, kernel_at_least, scratch, undisturbed};

use crate::{LESSON, lesson};

#[test]
fn the_story_shows_what_it_expects_fits_a_terminal_and_leaves_nothing() {
    let scratch = scratch();
    let story = || lesson(&scratch, &["--seed", "1"]).env("LESSON_SCRATCH", scratch.path());
    let told = story().succeed();
    let lines: Vec<_> = told.lines().collect();
    assert!((60..=150).contains(&lines.len()), "{} lines", lines.len());
    // The first line names the kernel, which may have a name of any length.
    assert!(lines[1..].iter().all(|line| line.chars().count() <= 60), "{told}");
    let compared = lines.iter().filter(|line| line.contains("expected "));
    assert!(compared.count() >= 25, "{told}"); // The story itself fails where the two differ.
    let varies = |line: &&str| !line.contains("(addresses vary)");
    let again = story().succeed();
    assert!(told.lines().filter(varies).eq(again.lines().filter(varies)), "{told}{again}");
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1, "only the test's own lock");
}

#[test]
fn the_pictures_show_each_state_in_every_process() {
    let scratch = scratch();
    // A page that is not yet on the disk is marked, if there is a disk and the kernel and the file
    // system tell.
    let disk = has_cachestat() && !matches!(file_system(scratch.path()), "tmpfs" | "overlayfs");
    let letter = |letter| match letter {
        '*' if !disk => '#',
        '+' if !disk => '-',
        letter => letter,
    };
    // Linux 6.12 has both pages of the file in one folio on xfs. The cut splits the folio, and this takes
    // the page that stays out of the page tables, too. We saw `#x` on 6.1 and 6.18.
    let splits = kernel_at_least(6, 12) && !kernel_at_least(6, 18);
    let cut = if splits && file_system(scratch.path()) == "xfs" { "-x" } else { "#x" };
    let expected = [
        "-", "*", "--x", "##x", // A number, and the three zones.
        "-", "-", "*", "+", "*", "*", "*", // Two mappings, and a third in the second process.
        "@@@", "@#@", // MAP_FIXED.
        "##", "##", cut, cut, // A file cut under both.
        "###", "#_#", "*_#", "*", "*_#", // munmap, and a process that ends without it.
    ]
    .map(|picture| picture.chars().map(letter).collect::<String>());
    undisturbed(|| {
        let story = lesson(&scratch, &[]).env("LESSON_SCRATCH", scratch.path()).succeed();
        let pictures = course::pictures(&story);
        (pictures == expected).then_some(()).or_else(|| {
            println!("{pictures:?} is not {expected:?}; the machine may have flushed");
            None
        })
    });
}

#[test]
fn the_story_survives_a_closed_pipe() {
    let (listener, output) = std::io::pipe().unwrap();
    drop(listener);
    let mut command = Command::new(LESSON);
    let output = command.stdout(output).stderr(Stdio::piped()).output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
}
