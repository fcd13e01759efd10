//! The story of lesson 5. A line that expects something and sees something else ends the story with
//! an error; here it is counted how many lines expect something.

use course::{Program, scratch};

#[test]
fn the_story_succeeds_and_many_of_its_lines_show_what_they_expect() {
    let scratch = scratch();
    let program = env!("CARGO_BIN_EXE_lesson-5-races-and-semaphores");
    let none: [&str; 0] = [];
    let story = Program::new(program, none).env("LESSON_SCRATCH", scratch.path()).succeed();
    // The first line names the kernel, whose name may be long.
    let lines = || story.lines().skip(1);
    assert!(lines().all(|line| line.chars().count() <= common::COLUMNS), "{story}");
    let expected = lines().filter(|line| line.contains(" expected ")).count();
    assert!(expected >= 45, "only {expected} lines show what they expect:\n{story}");
}
