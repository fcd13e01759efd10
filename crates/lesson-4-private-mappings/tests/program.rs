//! The program of lesson 4 as a person runs it: its output, its exit status, its refusals.

use std::fs;

use course::{Ended, Program, scratch, undisturbed};

fn lesson(arguments: &[&str]) -> Program {
    Program::new(env!("CARGO_BIN_EXE_lesson-4-private-mappings"), arguments)
}

/// One line on standard error, exit status 1.
fn refused(ended: &Ended, error: &str) {
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(ended.stderr, format!("error: {error}\n"));
}

#[test]
fn the_story_shows_what_it_expects() {
    let story = lesson(&[]).succeed();
    assert!(story.starts_with("Machine: Linux "), "{story}");
    let words = story.split_whitespace().collect::<Vec<_>>().join(" ");
    for number in 1..=10 {
        assert!(story.contains(&format!("\n{number}. ")), "step {number}: {story}");
    }
    for line in [
        "the first process loads: \"HELLO\" expected",
        "the file after msync: \"aaaaa\" expected",
        "page 1: \"12345\"",
        "page 1: \"bbbbb\"",
        "private, edited: \"draftaaa\"",
        "1.5 pages expected 1.5 pages",
        "a load from a discarded copy: SIGBUS expected SIGBUS",
        "\"I run\" expected \"I run\"",
        "zeroed variables: no file expected no file",
    ] {
        assert!(words.contains(line), "{line:?} is missing: {story}");
    }
}

#[test]
fn the_pictures_show_what_is_behind_each_page() {
    let story = lesson(&[]).succeed();
    let pictures = |number: usize| {
        let heading = format!("{number}. ");
        let step = story.split("\n\n").find(|step| step.starts_with(&heading)).unwrap();
        course::pictures(step)
    };
    assert_eq!(pictures(1), ["#", "#", "@", "#"], "the first process, the second, twice");
    assert_eq!(pictures(2), ["----", "--@-", "##@#", "@#@#"]);
    assert_eq!(pictures(3), ["@-", "@#", "@#"], "no snapshot");
    assert_eq!(pictures(4), ["@@", "@@", "@@"], "a snapshot");
    assert_eq!(pictures(5), ["--", "@@", "##"], "writable; populated; populated, read-only");
    assert_eq!(pictures(6), ["-", "@"]);
    assert_eq!(pictures(7), ["@@"; 5], "before; the parent and the child, twice");
    let [copied, cut, grown] = &pictures(8)[..] else { panic!("{story}") };
    assert_eq!([copied, cut], ["@@@@", "@@xx"]);
    // These pages are not in this process. On xfs their zeros are in the page cache already.
    assert!(["@@..", "@@--"].contains(&grown.as_str()), "{grown}");
    // The program's own file may be so new that its pages are still dirty.
    let of_the_program = |number| pictures(number).join(" ").replace('*', "#");
    assert_eq!(of_the_program(9), "# @");
    assert_eq!(of_the_program(10), "### #@#");
}

#[test]
fn the_story_is_the_same_every_time() {
    undisturbed(|| {
        let (first, second) = (lesson(&[]).succeed(), lesson(&["--seed", "1"]).succeed());
        assert_eq!(but_for_the_disk(&first), but_for_the_disk(&second));
        // The kernel may have written this program's own file to the disk between the two runs.
        (first == second).then_some(())
    });
}

/// The story without what it says of dirty pages.
fn but_for_the_disk(story: &str) -> String {
    story.replace(", dirty", "")
}

#[test]
fn the_story_leaves_nothing_behind() {
    let base = scratch();
    lesson(&[]).env("LESSON_SCRATCH", base.path()).succeed();
    let left: Vec<_> = fs::read_dir(base.path()).unwrap().map(|entry| entry.unwrap()).collect();
    assert_eq!(left.len(), 1, "only the lock of this test's own directory: {left:?}");
}

#[test]
fn maps_lists_this_program_with_copied_data() {
    let maps = lesson(&["maps"]).succeed();
    let mine: Vec<_> = maps.lines().filter(|line| line.contains("this program")).collect();
    assert!(mine.iter().any(|line| line.contains("r-xp") && line.ends_with(": code")), "{maps}");
    assert!(mine.iter().any(|line| line.contains("rw-p") && line.ends_with(": data")), "{maps}");
    let pictures: Vec<_> = maps.lines().filter(|line| line.starts_with("       ")).collect();
    assert!(pictures.iter().any(|line| line.ends_with("-> private copy")), "{maps}");
    assert!(pictures.iter().all(|line| line.len() <= 60), "{maps}");
}

#[test]
fn a_wrong_call_is_usage_and_status_2() {
    for arguments in [&["map"][..], &["maps", "more"], &["--seed", "x"], &["scenario"]] {
        let ended = lesson(arguments).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ended.stderr.contains("--help"), "{ended:?}");
    }
}

#[test]
fn a_second_process_refuses_a_file_that_is_not_the_lessons() {
    let directory = scratch();
    let write = |name: &str, bytes: &[u8]| fs::write(directory.path().join(name), bytes).unwrap();
    write("empty", b"");
    write("letter", b"Dear reader");
    write("page", &vec![b'x'; common::page_size()]);
    let fifo = directory.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    for name in ["empty", "letter", "page", "fifo", "/dev/null"] {
        let ended = lesson(&["second-process", name]).in_directory(directory.path()).run();
        refused(&ended, &format!("open {name:?}: not a file of this lesson"));
    }
    let ended = lesson(&["second-process", "missing"]).in_directory(directory.path()).run();
    refused(&ended, "open \"missing\": No such file or directory (os error 2)");
    let ended = lesson(&["second-process", "."]).in_directory(directory.path()).run();
    refused(&ended, "open \".\": Is a directory (os error 21)");
    let ended = lesson(&["load-discarded", "letter"]).in_directory(directory.path()).run();
    refused(&ended, "create \"letter\": File exists (os error 17)");
    assert_eq!(fs::read(directory.path().join("letter")).unwrap(), b"Dear reader");
}

#[test]
fn an_unknown_scenario_is_refused() {
    refused(&lesson(&["scenario", "none"]).run(), "run \"none\": there is no such scenario");
}
