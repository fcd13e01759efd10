//! The story of lesson 5, judged line by line.

use course::{Program, scratch};

#[test]
fn every_line_of_the_story_shows_what_it_expects() {
    let scratch = scratch();
    let program = env!("CARGO_BIN_EXE_lesson-5-races-and-semaphores");
    let none: [&str; 0] = [];
    let story = Program::new(program, none).env("LESSON_SCRATCH", scratch.path()).succeed();
    // The first line names the kernel, which may be called anything.
    assert!(story.lines().skip(1).all(|line| line.chars().count() <= 80), "{story}");
    let judged = story.lines().filter_map(|line| line.split_once(" (expected "));
    let mut count = 0;
    for (shown, expected) in judged {
        let expected = expected.split([')', ':', ';']).next().unwrap();
        assert!(shown.ends_with(expected), "{shown:?} does not end in {expected:?}:\n{story}");
        count += 1;
    }
    assert!(count >= 45, "only {count} lines say what they expect:\n{story}");
}
