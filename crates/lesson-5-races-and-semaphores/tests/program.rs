//! The lesson's commands as a person calls them: what they print, how they end, what they refuse.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use common::Scratch;
use course::{Ended, Program, scratch};
use lesson_5_races_and_semaphores::second_process::until_waiting_in;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

const PROGRAM: &str = env!("CARGO_BIN_EXE_lesson-5-races-and-semaphores");
const PRIMITIVES: [&str; 6] =
    ["semaphore-in-file", "record-lock", "ofd-lock", "flock", "plain-mutex", "robust-mutex"];

/// `hold PRIMITIVE FILE`, with FILE's name in the test's own directory.
fn hold(primitive: &str, file: &str, scratch: &Scratch) -> Program {
    Program::new(PROGRAM, ["hold", primitive, file]).in_directory(scratch.path())
}

/// One line on standard error, status 1, nothing on standard output.
fn refused(ended: &Ended, words: &str) {
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(words), "{ended:?}");
}

#[test]
fn hold_locks_and_unlocks_and_the_next_one_waits() {
    for primitive in PRIMITIVES {
        let scratch = scratch();
        let mut first = hold(primitive, "turnstile", &scratch).start();
        assert!(first.hear().starts_with("locked by process "));
        let mut second = hold(primitive, "turnstile", &scratch).start();
        assert_eq!(second.hear(), "busy: another process holds the lock; waiting");
        first.tell("");
        assert_eq!(first.hear(), "unlocked");
        assert!(second.hear().starts_with("locked by process "));
        assert_eq!(first.end().code, Some(0));
        assert_eq!(second.end().code, Some(0));
    }
}

#[test]
fn hold_of_a_robust_mutex_tells_of_a_killed_holder() {
    let scratch = scratch();
    let mut first = hold("robust-mutex", "turnstile", &scratch).start();
    assert!(first.hear().starts_with("locked by process "));
    let mut second = hold("robust-mutex", "turnstile", &scratch).start();
    assert_eq!(second.hear(), "busy: another process holds the lock; waiting");
    first.kill();
    let said = second.hear();
    assert!(said.starts_with("locked by process ") && said.contains(" (the last owner died)"));
    let bytes = fs::read(scratch.path().join("turnstile")).unwrap();
    let [entered, left] = [0, 16].map(|at| &bytes[at..at + 8]);
    assert_eq!((entered, left), (&[0; 8][..], &[0; 8][..]), "it died before its first addition");
}

#[test]
fn hold_of_a_semaphore_waits_for_ever_after_a_kill() {
    let scratch = scratch();
    let mut first = hold("semaphore-in-file", "turnstile", &scratch).start();
    assert!(first.hear().starts_with("locked by process "));
    first.kill();
    let mut second = hold("semaphore-in-file", "turnstile", &scratch).start();
    assert_eq!(second.hear(), "busy: another process holds the lock; waiting");
    until_waiting_in(second.id(), libc::SYS_futex).unwrap(); // Nothing will wake it.
    second.kill();
}

#[test]
fn hold_creates_a_file_that_only_its_user_can_use() {
    for primitive in ["semaphore-in-file", "plain-mutex", "robust-mutex"] {
        let scratch = scratch();
        assert_eq!(hold(primitive, "new", &scratch).run().code, Some(0));
        let mode = fs::metadata(scratch.path().join("new")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn hold_refuses_a_file_that_is_not_of_this_lesson_and_does_not_change_it() {
    let scratch = scratch();
    let path = |name: &str| scratch.path().join(name);
    let whole = vec![b'x'; common::page_size()];
    for (name, content) in [("short", b"hello".as_slice()), ("garbage", &whole)] {
        fs::write(path(name), content).unwrap();
        for primitive in ["semaphore-in-file", "plain-mutex", "robust-mutex"] {
            let ended = hold(primitive, name, &scratch).run();
            refused(&ended, &format!("open {name:?}: not a file of this lesson"));
            assert_eq!(fs::read(path(name)).unwrap(), content);
        }
    }
    assert_eq!(hold("robust-mutex", "mutex", &scratch).run().code, Some(0));
    let other_kind = hold("semaphore-in-file", "mutex", &scratch).run();
    refused(&other_kind, "open \"mutex\": holds a robust-mutex, not a semaphore-in-file");
    let plain = hold("plain-mutex", "mutex", &scratch).run();
    refused(&plain, "open \"mutex\": holds a robust-mutex, not a plain-mutex");
}

#[test]
fn hold_refuses_at_once_what_is_not_a_regular_file() {
    let scratch = scratch();
    mkfifo(&scratch.path().join("fifo"), Mode::S_IRWXU).unwrap();
    fs::create_dir(scratch.path().join("directory")).unwrap();
    for primitive in PRIMITIVES {
        for name in ["fifo", "/dev/null"] {
            refused(&hold(primitive, name, &scratch).run(), "not a regular file");
        }
        refused(&hold(primitive, "directory", &scratch).run(), "open \"directory\": ");
        let ended = hold(primitive, "no/such/file", &scratch).run();
        refused(&ended, "open \"no/such/file\": No such file or directory (os error 2)");
    }
}

#[test]
fn hold_names_the_file_that_it_may_not_write() {
    let scratch = scratch();
    let directory = scratch.path().join("open");
    fs::create_dir(&directory).unwrap();
    File::create_new(directory.join("read-only")).unwrap();
    let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    set(&directory, 0o777);
    set(&directory.join("read-only"), 0o444);
    for primitive in PRIMITIVES {
        let program = hold(primitive, "read-only", &scratch).in_directory(&directory);
        let ended = program.as_ordinary_user().run();
        refused(&ended, "open \"read-only\": Permission denied (os error 13)");
    }
}

#[test]
fn a_wrong_call_is_usage_and_status_2() {
    for arguments in [&["hold"][..], &["hold", "spell", "file"], &["nonsense"]] {
        let ended = Program::new(PROGRAM, arguments).run();
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        let helps = ["Usage: cargo lesson-5", "possible values: semaphore-in-file, record-lock"];
        assert!(helps.iter().any(|help| ended.stderr.contains(help)), "{ended:?}");
    }
}

#[test]
fn a_full_output_is_a_failure_and_a_closed_one_is_not() {
    let scratch = scratch();
    let shell = |line: &str| {
        let program = Program::new("sh", ["-c", line, PROGRAM]);
        program.env("LESSON_SCRATCH", scratch.path()).run()
    };
    let full = shell("exec \"$0\" >/dev/full");
    refused(&full, "write to standard output: No space left on device (os error 28)");
    let closed = shell("\"$0\" | head -1");
    assert!(closed.stdout.starts_with("Machine: Linux "), "{closed:?}");
    assert_eq!((closed.stdout.lines().count(), closed.stderr.as_str()), (1, ""), "{closed:?}");
}

#[test]
fn a_killed_run_leaves_no_semaphore_once_the_next_one_has_started() {
    let scratch = scratch();
    let lesson = |scenario: &str| {
        Program::new(PROGRAM, ["scenario", scenario]).env("LESSON_SCRATCH", scratch.path())
    };
    let mut run = lesson("make-a-name-and-wait").start();
    let name = run.hear();
    run.kill();
    let prefix = if cfg!(target_env = "gnu") { "sem." } else { "" };
    let object = Path::new("/dev/shm").join(format!("{prefix}{}", name.trim_start_matches('/')));
    assert!(object.exists(), "{object:?}");
    lesson("lost-update").succeed();
    assert!(!object.exists(), "{object:?}");
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1, "the lock of the test's own");
}

#[test]
fn the_crash_matrix_does_not_take_a_dead_process_for_one_that_still_waits() {
    let scratch = scratch();
    let program = Program::new(PROGRAM, ["scenario", "killed-observers"]);
    let said = program.env("LESSON_SCRATCH", scratch.path()).succeed();
    let [silent, busy] = said.lines().collect::<Vec<_>>()[..] else { panic!("{said}") };
    assert!(silent.starts_with("answer \"\": Err(") && silent.contains("observe"), "{said}");
    assert!(busy.starts_with("answer \"busy\": Err(") && busy.contains("/syscall"), "{said}");
}

#[test]
fn the_story_is_the_same_on_every_run_but_for_what_varies() {
    let scratch = scratch();
    let none: [&str; 0] = [];
    let story = || {
        let story = Program::new(PROGRAM, none).env("LESSON_SCRATCH", scratch.path()).succeed();
        let lines = story.lines().filter(|line| !line.ends_with("(varies)"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let first = story();
    assert!(first.len() > 100);
    assert_eq!(first, story());
}
