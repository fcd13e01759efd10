//! The story, as a pipe sees it.

use course::{scratch, undisturbed};
use lesson_3_msync::Sight;

use crate::lesson;

const TEXT: &str = include_str!("../../../../lessons/lesson-3-msync.md");

/// The whole story; `None` if the machine flushed while it was told.
fn told() -> Option<String> {
    let ended = lesson([""; 0]).run();
    if ended.stderr.contains("not as expected; if the machine flushed") {
        return None;
    }
    assert_eq!(ended.code, Some(0), "{ended:?}");
    Some(ended.stdout)
}

#[test]
fn the_story_shows_what_it_expects_and_fits_a_terminal() {
    undisturbed(|| {
        let story = told()?;
        let (first, rest) = story.split_once('\n').unwrap();
        assert!(first.starts_with("Ground: Linux "), "{story}");
        for step in 1..=lesson_3_msync::STEPS.len() {
            assert!(story.contains(&format!("\n{step}. ")), "step {step} in {story}");
        }
        assert!(story.is_ascii() && !story.contains('\x1b'), "nothing but text in a pipe");
        assert!(rest.lines().all(|line| line.len() <= 80), "{story}");
        Some(())
    });
}

#[test]
fn the_table_in_the_text_is_the_one_of_a_disk() {
    let mut blocks = TEXT.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next());
    let table = blocks.find(|block| block.contains("2nd reads")).unwrap();
    assert_eq!(table.matches(" [********] ").count(), 4, "{table}");
    undisturbed(|| {
        let story = told()?;
        let sight = Sight::beside(scratch().path()).unwrap();
        match (sight.by_cachestat, sight.by_range) {
            (true, true) => (story.contains(table)).then_some(()).or_else(|| {
                println!("{story} lacks {table}; the machine may have flushed");
                None
            }),
            // The whole file is flushed with its first page.
            (true, false) => {
                assert!(story.contains("C stored, MS_SYNC, 1 page  [########] 0 (0)"), "{story}");
                Some(())
            }
            // Nobody says what the disk has: no picture does, either.
            (false, _) => {
                assert!(!story.contains("[*") && !story.contains("[+"), "{story}");
                assert!(story.contains("A stored to 8 pages        [########] 0 (0)"), "{story}");
                Some(())
            }
        }
    });
}
