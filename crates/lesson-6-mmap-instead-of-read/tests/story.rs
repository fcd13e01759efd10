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
        ["       killed by SIGBUS", "       error: byte 65536 is gone: cut to 0 bytes while"]
    {
        assert!(ended.stdout.contains(line), "{line:?} in {ended:?}");
    }
}

#[test]
fn the_story_fits_a_terminal_and_its_pictures_show_what_holds_on_every_run() {
    let told = story(&scratch()).stdout;
    // The first line names the kernel, which may be called anything.
    assert!(told.lines().skip(1).all(|line| line.chars().count() <= 80), "{told}");
    let all = course::pictures(&told);
    assert_eq!(all[0], "-".repeat(48), "mapped: {told}");
    assert!(all[1].contains('#'), "one load: {told}");
    assert_eq!(all[2], "#".repeat(48), "MADV_POPULATE_READ: {told}");
    assert_eq!(all[3], "-".repeat(48), "MADV_DONTNEED: {told}");
    let [.., _, cut, _, cut_again, replaced] = &all[..] else { panic!("{told}") };
    let pages = 2 * PIECE / page_size();
    assert_eq!([cut, cut_again], [&"x".repeat(pages); 2], "{told}");
    let (counted, missed) = ("x".repeat(pages / 2), "@".repeat(pages / 2));
    assert_eq!(*replaced, counted + &missed, "{told}");
}
