//! The story of lesson 6: how it ends, and what its pictures show.

use common::{Scratch, page_size};
use course::{Ended, Program, pictures, scratch};
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
    assert!(ended.stdout.starts_with("Machine: Linux "), "{ended:?}");
    for line in
        ["       killed by SIGBUS", "       error: byte 65536 is gone: the file now has 0 bytes"]
    {
        assert!(ended.stdout.contains(line), "{line:?} in {ended:?}");
    }
}

#[test]
fn the_story_fits_a_terminal_and_its_pictures_show_what_holds_on_every_run() {
    let told = story(&scratch()).stdout;
    // The first line names the kernel, which may be called anything.
    let mut lines = told.lines().skip(1);
    assert_eq!(lines.find(|line| line.chars().count() > common::COLUMNS), None);
    let pictures = pictures(&told);
    let [mapped, loaded, populated, emptied, ..] = &pictures[..] else { panic!("{told}") };
    assert_eq!([mapped, populated, emptied], [&"-".repeat(32), &"#".repeat(32), &"-".repeat(32)]);
    assert!(loaded.contains('#') && loaded.contains('-'), "a part of the pages: {told}");
    let [.., half, cut, half_again, cut_again, replaced] = &pictures[..] else { panic!("{told}") };
    let pages = 2 * PIECE / page_size();
    let halves = |first: &str, second: &str| first.repeat(pages / 2) + &second.repeat(pages / 2);
    // A fault in the first half may map neighbours in the second half.
    assert!([half, half_again].iter().all(|half| half.starts_with(&halves("#", ""))), "{told}");
    assert_eq!([cut, cut_again], [&halves("x", "x"); 2], "{told}");
    assert_eq!(replaced, &halves("x", "@"), "{told}");
}
