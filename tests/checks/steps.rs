//! Step mode shows the same story: the hidden role `steps` has the same steps in the same order, and
//! waits after each of them.

use std::process::{Command, Stdio};

use course::{Program, scratch};

use crate::workspace::{built_programs, lessons};

/// Answers every pause: a story reads one line at each and leaves the rest unread.
const KEYS: &str =
    "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n";

#[test]
fn step_mode_has_the_steps_of_the_story_and_waits_after_each() {
    let scratch = scratch();
    let lessons = lessons();
    let programs = built_programs();
    assert_eq!(programs.len(), lessons.len(), "every lesson's program is built");
    for (lesson, program) in lessons.iter().zip(programs.into_keys()) {
        let run = |role: &[&str]| {
            let program = Program::new(&program.to_string_lossy(), role);
            program.env("LESSON_SCRATCH", scratch.path())
        };
        let story = run(&[]).succeed();
        let mut stepping = run(&["steps"]).start();
        stepping.tell(KEYS);
        let steps = stepping.end();
        assert_eq!(steps.code, Some(0), "{}: {steps:?}", lesson.name);
        let headings = headings(&story);
        assert!(headings.len() > 1, "{}: {story}", lesson.name);
        assert_eq!(self::headings(&steps.stdout), headings, "{}", lesson.name);
        let waited = steps.stdout.lines().filter(|line| *line == common::PAUSE_MARK);
        assert!(waited.count() >= headings.len(), "{}: {steps:?}", lesson.name);
    }
}

#[test]
fn the_end_of_the_keys_ends_the_story_without_a_word() {
    let scratch = scratch();
    let (lessons, programs) = (lessons(), built_programs());
    assert_eq!(programs.len(), lessons.len(), "every lesson's program is built");
    for (lesson, program) in lessons.into_iter().zip(programs.into_keys()) {
        let mut command = Command::new(program);
        command.arg("steps").env("LESSON_SCRATCH", scratch.path()).stdin(Stdio::null());
        let output = command.output().expect("run the story");
        assert!(output.status.success(), "{}: {output:?}", lesson.name);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{}", lesson.name);
        assert_eq!(headings(&String::from_utf8_lossy(&output.stdout)).len(), 1, "{}", lesson.name);
    }
}

/// The numbered headings of a story.
fn headings(story: &str) -> Vec<&str> {
    let is_heading = |line: &&str| {
        let number = line.split_once(". ").map(|(number, _)| number.parse::<usize>());
        matches!(number, Some(Ok(_)))
    };
    story.lines().filter(is_heading).collect()
}
