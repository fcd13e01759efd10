//! The story of lesson 6: how it ends, and what its pictures show.

use common::{Scratch, page_size};
use course::{Ended, Program, scratch};
use lesson_6_mmap_instead_of_read::job::PIECE;

fn story(scratch: &Scratch) -> Ended {
    let none: [&str; 0] = [];
    let program = env!("CARGO_BIN_EXE_lesson-6-mmap-instead-of-read");
    Program::new(program, none).env("LESSON_SCRATCH", scratch.path()).run()
}

#[test]
fn the_story_ends_well_and_says_what_it_stands_on() {
    let ended = story(&scratch());
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    assert!(ended.stdout.starts_with("Ground: Linux "), "{ended:?}");
    for line in
        ["       killed by SIGBUS", "       error: byte 65536 is gone: the file was cut to 0 bytes"]
    {
        assert!(ended.stdout.contains(line), "{line:?} in {ended:?}");
    }
}

#[test]
fn the_story_fits_a_terminal_and_its_pictures_show_what_holds_on_every_run() {
    let told = story(&scratch()).stdout;
    // The first line names the kernel, which may be called anything.
    assert!(told.lines().skip(1).all(|line| line.chars().count() <= common::COLUMNS), "{told}");
    let pictures = |label: &str| -> Vec<&str> {
        let found = told.lines().filter_map(|line| line.trim_start().strip_prefix(label));
        found.map(|cells| cells.trim_matches([' ', '[', ']'])).collect()
    };
    let first = |label| pictures(label).first().copied().unwrap_or(label);
    assert_eq!(first("mapped "), "-".repeat(32), "{told}");
    assert!(first("page 16 loaded").contains('#'), "{told}");
    assert_eq!(first("MADV_POPULATE_READ"), "#".repeat(32), "{told}");
    assert_eq!(first("MADV_DONTNEED"), "-".repeat(32), "{told}");
    let [_, cut, _, cut_again, replaced] = pictures("its mapping")[..] else { panic!("{told}") };
    let pages = 2 * PIECE / page_size();
    assert_eq!([cut, cut_again], ["x".repeat(pages).as_str(); 2], "{told}");
    let (counted, missed) = ("x".repeat(pages / 2), "@".repeat(pages / 2));
    assert_eq!(replaced, counted + &missed, "{told}");
    for legend in
        ["# in this process", "- in the page cache", "@ in this process", "x past the end"]
    {
        assert!(!pictures(legend).is_empty(), "{legend:?} in {told}");
    }
}
