//! The lesson's commands as a person calls them: what they print, refuse, and leave behind.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use common::{Scratch, page_size};
use course::{Ended, Program, scratch, undisturbed};
use nix::sys::stat::Mode;

fn lesson<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Program {
    Program::new(env!("CARGO_BIN_EXE_lesson-3-msync"), arguments)
}

/// A role on files of the test's own directory, by their bare names.
fn role(arguments: &str, scratch: &Scratch) -> Program {
    lesson(arguments.split(' ')).in_directory(scratch.path())
}

/// Exit status 1, nothing printed, and this one line of complaint.
fn assert_refused(ended: &Ended, complaint: &str) {
    let said = (ended.code, ended.stdout.as_str(), ended.stderr.as_str());
    assert_eq!(said, (Some(1), "", format!("error: {complaint}\n").as_str()));
}

#[test]
fn the_story_shows_what_it_expects() {
    undisturbed(|| {
        let story = lesson([""; 0]).succeed();
        let first = story.lines().next().unwrap();
        assert!(first.starts_with("Ground: Linux "), "{story}");
        for step in 1..=lesson_3_msync::STEPS.len() {
            assert!(story.contains(&format!("\n{step}. ")), "step {step} in {story}");
        }
        assert!(story.is_ascii() && !story.contains('\x1b'), "nothing but text in a pipe");
        (!story.contains("not as expected")).then_some(())
    });
}

#[test]
fn a_note_is_dirty_until_a_flush_that_is_one() {
    undisturbed(|| {
        let scratch = scratch();
        let stored = role("store note hello", &scratch).succeed();
        assert_eq!(stored, "stored, and ended without msync: hello\n");
        let content = fs::read(scratch.path().join("note")).unwrap();
        assert!(content.starts_with(b"Note: hello\n\0") && content.len() == page_size());

        let before = role("dirty note", &scratch).succeed();
        let calls = ["flush --async note", "flush --read-only note", "flush note"];
        let [ms_async, read_only, ms_sync] = calls.map(|call| role(call, &scratch).succeed());
        let sight = lesson_3_msync::Sight::beside(scratch.path()).unwrap();
        if sight.file_system == "tmpfs" {
            assert!(before.starts_with("dirty pages: unknown"), "{before}");
            assert_eq!(ms_async, "msync(MS_ASYNC) returned 0\n");
            assert_eq!(ms_sync, "msync(MS_SYNC) returned 0\n");
            return Some(());
        }
        let counts = |left| format!("returned 0; dirty pages: 1 before, {left} after\n");
        let left = if sight.gets_clean { 0 } else { 1 };
        assert_eq!(role("dirty note", &scratch).succeed(), format!("dirty pages: {left}\n"));
        let undisturbed = before == "dirty pages: 1\n"
            && ms_async == format!("msync(MS_ASYNC) {}", counts(1))
            && read_only == format!("msync(MS_SYNC) {}", counts(1));
        undisturbed.then(|| assert_eq!(ms_sync, format!("msync(MS_SYNC) {}", counts(left))))
    });
}

#[test]
fn a_second_note_replaces_the_first() {
    let scratch = scratch();
    role("store note first", &scratch).succeed();
    role("store note 2", &scratch).succeed();
    assert!(fs::read(scratch.path().join("note")).unwrap().starts_with(b"Note: 2\n\0"));
}

#[test]
fn a_file_of_another_is_refused_and_kept_unless_forced() {
    let scratch = scratch();
    let path = scratch.path().join("letter");
    for letter in [b"Dear all,".to_vec(), vec![b'x'; page_size()], vec![0; page_size() + 1]] {
        fs::write(&path, &letter).unwrap();
        let ended = role("store letter hello", &scratch).run();
        assert_refused(&ended, "store \"letter\": not a file of this lesson (--force overwrites)");
        assert_eq!(fs::read(&path).unwrap(), letter);
    }
    role("store --force letter hello", &scratch).succeed();
    assert!(fs::read(&path).unwrap().starts_with(b"Note: hello\n\0"));
}

#[test]
fn flush_and_dirty_change_no_byte_of_any_file() {
    let scratch = scratch();
    let path = scratch.path().join("letter");
    for letter in [b"".to_vec(), b"Dear all,".to_vec(), vec![b'x'; 3 * page_size()]] {
        fs::write(&path, &letter).unwrap();
        for call in ["dirty letter", "flush letter", "flush --async letter"] {
            role(call, &scratch).succeed();
        }
        assert_eq!(fs::read(&path).unwrap(), letter);
    }
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let scratch = scratch();
    let make = |name: &str| scratch.path().join(name);
    nix::unistd::mkfifo(&make("fifo"), Mode::S_IRWXU).unwrap();
    fs::create_dir(make("directory")).unwrap();
    for role_name in ["store --force", "dirty", "flush"] {
        for (file, complaints) in [
            ("fifo", vec!["open \"fifo\": not a regular file"]),
            ("/dev/null", vec!["open \"/dev/null\": not a regular file"]),
            (
                "directory",
                vec![
                    "open \"directory\": Is a directory (os error 21)",
                    "open \"directory\": not a regular file",
                ],
            ),
        ] {
            let text = if role_name.starts_with("store") { " text" } else { "" };
            let ended = role(&format!("{role_name} {file}{text}"), &scratch).run();
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
            let said = ended.stderr.trim_end().strip_prefix("error: ").unwrap();
            assert!(complaints.contains(&said), "{role_name} {file}: {said}");
        }
    }
}

#[test]
fn a_missing_file_is_named() {
    let scratch = scratch();
    for call in ["dirty missing", "flush missing"] {
        let complaint = "open \"missing\": No such file or directory (os error 2)";
        assert_refused(&role(call, &scratch).run(), complaint);
    }
    assert!(!scratch.path().join("missing").exists());
}

#[test]
fn a_file_without_permission_is_named() {
    let scratch = scratch();
    let path = scratch.path().join("locked");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    for call in ["store locked text", "flush locked"] {
        let ended = role(call, &scratch).as_ordinary_user().run();
        assert_refused(&ended, "open \"locked\": Permission denied (os error 13)");
    }
}

#[test]
fn a_text_that_does_not_fit_is_refused_and_makes_no_file() {
    let scratch = scratch();
    let long = "x".repeat(page_size());
    let ended = role(&format!("store note {long}"), &scratch).run();
    assert_refused(&ended, "store \"note\": the text must fit in a page, and have no NUL");
    assert!(!scratch.path().join("note").exists());
}

#[test]
fn a_wrong_call_is_status_2() {
    for call in ["stor", "store onlyfile", "flush", "flush a b", "power-cut now", "--seed x"] {
        let ended = lesson(call.split(' ')).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{call}");
        assert!(ended.stderr.starts_with("error: "), "{ended:?}");
    }
}

#[test]
fn a_power_cut_without_root_says_so_in_one_line() {
    let ended = role("power-cut", &scratch()).as_ordinary_user().run();
    assert_refused(&ended, "power-cut: needs root, to mount a disk of its own");
}

#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn a_power_cut_shows_what_it_expects_and_leaves_nothing_behind() {
    let base = scratch();
    undisturbed(|| {
        let table = lesson(["power-cut"]).env("LESSON_SCRATCH", base.path()).succeed();
        assert_nothing_left(base.path());
        if table.contains("the machine flushed") {
            return None;
        }
        let rows = table.lines().filter(|line| line.starts_with("   ")).skip(1);
        let found = rows.map(|row| row.split_at(32).1.trim_end()).collect::<Vec<_>>();
        let (nothing, record) = ("nothing      nothing", "the record   the record");
        assert_eq!(found, [nothing, nothing, nothing, record, record, record], "{table}");
        Some(())
    });
}

#[test]
#[ignore = "needs root: mounts a disk of its own"]
fn a_power_cut_that_is_killed_leaves_no_mount_and_no_loop_device() {
    let base = scratch();
    let power_cut = || lesson(["power-cut"]).env("LESSON_SCRATCH", base.path());
    let mut running = power_cut().start();
    for _ in 0..5 {
        running.hear(); // The ground, the head and the first stage: its disk is mounted.
    }
    assert!(loop_devices_on(base.path()) > 0, "the instrument sees its disk");
    running.kill();
    undisturbed(|| {
        power_cut().succeed(); // It also sweeps; and meanwhile the kernel lets go of the device.
        (loop_devices_on(base.path()) == 0).then_some(())
    });
    assert_nothing_left(base.path());
}

/// Loop devices whose image is below `base`.
fn loop_devices_on(base: &Path) -> usize {
    let devices = fs::read_dir("/sys/block").unwrap().map(|entry| entry.unwrap().path());
    let backing =
        devices.filter_map(|path| fs::read_to_string(path.join("loop/backing_file")).ok());
    backing.filter(|file| Path::new(file).starts_with(base)).count()
}

fn assert_nothing_left(base: &Path) {
    let left = fs::read_dir(base).unwrap().map(|entry| entry.unwrap().file_name());
    let left = left.filter(|name| name != "lock").collect::<Vec<_>>();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(loop_devices_on(base), 0);
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(base.to_str().unwrap()), "{mounts}");
}
