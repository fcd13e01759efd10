//! The story, as a pipe sees it.

use course::{has_cachestat, scratch, undisturbed};
use lesson_3_msync::Instruments;

use crate::lesson;

const TEXT: &str = include_str!("../../../../lessons/lesson-3-msync.md");

/// The whole story; `None` if the kernel wrote pages while it ran.
fn told() -> Option<String> {
    let ended = lesson([""; 0]).run();
    if ended.stderr.contains("not as expected; if the kernel wrote") {
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
        assert!(first.starts_with("Machine: Linux "), "{story}");
        for step in 1..=lesson_3_msync::STEPS.len() {
            assert!(story.contains(&format!("\n{step}. ")), "step {step} in {story}");
        }
        assert!(story.is_ascii() && !story.contains('\x1b'), "nothing but text in a pipe");
        assert!(rest.lines().all(|line| line.len() <= common::COLUMNS), "{story}");
        Some(())
    });
}

#[test]
fn the_table_in_the_text_is_the_one_of_a_disk() {
    let mut blocks = TEXT.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next());
    let table = blocks.find(|block| block.contains("2nd loads")).unwrap();
    assert_eq!(table.lines().count(), 8, "{table}");
    undisturbed(|| {
        let story = told()?;
        let instruments = Instruments::beside(scratch().path()).unwrap();
        let row = |line: &str| {
            assert!(story.lines().any(|shown| shown == line), "{story} lacks {line:?}");
            Some(())
        };
        if !has_cachestat() {
            let first = story.lines().find(|line| line.contains("stored A to 4 pages")).unwrap();
            assert!(first.contains(" unknown   4 (4)"), "no cachestat here: {story}");
            return Some(());
        }
        match (instruments.by_cachestat, instruments.by_range) {
            // A row that differs here can be the kernel's own flush: told() tries again.
            (true, true) => {
                let mut shown = story.lines();
                let missing = table.lines().find(|row| !shown.any(|line| line == *row));
                missing.map_or(Some(()), |row| {
                    println!("{story} lacks {row:?}; the kernel may have written pages");
                    None
                })
            }
            // The whole file is written with its first page.
            (true, false) => row("   stored C, MS_SYNC 1 page  0 (0)     0 (0)          C"),
            // cachestat counts nothing, so no picture marks a dirty page.
            (false, _) => {
                let first = story.lines().find(|line| line.contains("stored A to 4 pages"));
                assert!(first.unwrap().contains(" 0 (0)     4 (4)"), "{story}");
                Some(())
            }
        }
    });
}

#[test]
fn the_story_says_what_ms_sync_of_one_page_writes_on_this_file_system() {
    undisturbed(|| {
        let story = told()?;
        let instruments = Instruments::beside(scratch().path()).unwrap();
        let written = match (instruments.file_system, instruments.gets_clean) {
            ("tmpfs", _) | ("overlayfs", false) => "There is no disk, so MS_SYNC writes nothing:",
            ("ext4" | "xfs", _) => "MS_SYNC of page 0 writes its whole folio:",
            ("btrfs", _) => "MS_SYNC of page 0 writes the whole file:",
            _ => "MS_SYNC of page 0 writes ", // The file system below it decides.
        };
        assert!(story.contains(written), "{story} lacks {written:?}");
        Some(())
    });
}

#[test]
#[ignore = "needs root: mounts a ramfs"]
fn on_ramfs_the_story_says_that_there_is_no_disk() {
    let scratch = scratch();
    let script = r#"mount -t ramfs ramfs "$0" && LESSON_SCRATCH="$0" exec "$1""#;
    let place = scratch.path().to_string_lossy();
    let program = env!("CARGO_BIN_EXE_lesson-3-msync");
    let arguments = ["--mount", "--propagation", "private", "sh", "-c", script, &place, program];
    let story = course::Program::new("unshare", arguments).succeed();
    assert!(story.contains("ramfs, "), "{story}");
    assert!(story.contains("Here there is no disk"), "{story}");
}
