//! The story, as a pipe sees it.

use course::undisturbed;

use crate::lesson;

#[test]
fn the_story_shows_what_it_expects() {
    undisturbed(|| {
        let ended = lesson([""; 0]).run();
        if ended.stderr.contains("not as expected; if the machine flushed") {
            return None;
        }
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let story = ended.stdout;
        let first = story.lines().next().unwrap();
        assert!(first.starts_with("Ground: Linux "), "{story}");
        for step in 1..=lesson_3_msync::STEPS.len() {
            assert!(story.contains(&format!("\n{step}. ")), "step {step} in {story}");
        }
        assert!(story.is_ascii() && !story.contains('\x1b'), "nothing but text in a pipe");
        Some(())
    });
}
