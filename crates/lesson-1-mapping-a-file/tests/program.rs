//! The programs of lesson 1 as a person calls them: output, exit status, and what becomes of files.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use common::Scratch;
use course::{Ended, Program, is_root, scratch};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson-1-mapping-a-file");

fn lesson(scratch: &Scratch, arguments: &[&str]) -> Program {
    Program::new(LESSON, arguments).in_directory(scratch.path())
}

fn run(scratch: &Scratch, arguments: &[&str]) -> Ended {
    lesson(scratch, arguments).run()
}

/// The file in which everything is tried, holding `bytes`, modified long ago: so a change of that
/// time shows, however coarse the clock.
fn file(scratch: &Scratch, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = scratch.path().join("file");
    fs::write(&path, bytes).unwrap();
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
    path
}

/// `text` at the start of 256 zeros.
fn padded(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(256, 0);
    bytes
}

/// One line on standard error, status 1, nothing on standard output, and no signal.
fn assert_refused(ended: &Ended, words: &str) {
    assert_eq!((ended.code, ended.signal), (Some(1), None), "{ended:?}");
    assert_eq!(ended.stdout, "", "{ended:?}");
    assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(words), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
}

/// Everything about a file that a failure must leave as it was.
fn state(path: &Path) -> (Vec<u8>, [i64; 4], u32) {
    let found = fs::metadata(path).unwrap();
    let times = [found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec()];
    (fs::read(path).unwrap(), times, found.mode())
}

#[test]
fn write_makes_a_file_of_256_bytes_that_only_its_owner_may_read() {
    let scratch = scratch();
    let said = lesson(&scratch, &["write", "file"]).succeed();
    let number = said.strip_prefix("Wrote integer: ").unwrap().trim_end();
    assert!((-100..=100).contains(&number.parse::<i64>().unwrap()), "{said}");
    let path = scratch.path().join("file");
    assert_eq!(fs::read(&path).unwrap(), padded(&format!("{number}\n")));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
}

#[test]
fn write_draws_its_number_at_random_unless_a_seed_fixes_it() {
    let scratch = scratch();
    let one = lesson(&scratch, &["write", "file", "--seed", "7"]).succeed();
    assert_eq!(lesson(&scratch, &["--seed", "7", "write", "file"]).succeed(), one);
    let numbers: std::collections::HashSet<_> =
        (0..20).map(|_| lesson(&scratch, &["write", "file"]).succeed()).collect();
    assert!(numbers.len() > 1, "twenty runs, one number");
}

#[test]
fn read_prints_the_number_and_stores_its_double() {
    let scratch = scratch();
    for (before, said, after) in [
        ("42\n", "42", "84\n"),
        ("-100\n", "-100", "-200\n"),
        ("0\n", "0", "0\n"),
        ("4611686018427387903\n", "4611686018427387903", "9223372036854775806\n"),
        ("-4611686018427387904\n", "-4611686018427387904", "-9223372036854775808\n"),
    ] {
        let path = file(&scratch, padded(before));
        let ended = run(&scratch, &["read", "file"]);
        assert_eq!((ended.code, &*ended.stdout), (Some(0), &*format!("Read integer: {said}\n")));
        assert_eq!(fs::read(path).unwrap(), padded(after));
    }
}

#[test]
fn a_double_that_does_not_fit_is_an_error_that_changes_nothing() {
    let scratch = scratch();
    for number in [1_i64 << 62, i64::MAX, -(1 << 62) - 1, i64::MIN] {
        let path = file(&scratch, padded(&format!("{number}\n")));
        let before = state(&path);
        let ended = run(&scratch, &["read", "file"]);
        assert_refused(&ended, &format!("double \"file\": 2 × {number} is no 64-bit integer"));
        assert_eq!(state(&path), before);
    }
}

#[test]
fn read_refuses_what_is_no_number_and_changes_nothing() {
    let scratch = scratch();
    let almost = ["", "5", "+5\n", " 5\n", "5 \n", "5\r\n", "05\n", "-0\n", "0x5\n", "5\n\n", "\n"];
    let too_large = ["9223372036854775808\n", "-9223372036854775809\n", "5\nhello"];
    let mut files: Vec<_> = almost.iter().chain(&too_large).map(|text| padded(text)).collect();
    files.push(b"5\n".repeat(150)); // A text file of 300 bytes, without a NUL.
    files.push([b"\x89PNG\r\n\x1a\n".to_vec(), vec![7; 1000]].concat());
    files.push((0..=255).rev().collect());
    files.push(vec![b'1'; 256]);
    for bytes in files {
        let path = file(&scratch, &bytes);
        let before = state(&path);
        assert_refused(&run(&scratch, &["read", "file"]), "read \"file\": no 64-bit number");
        assert_eq!(state(&path), before);
    }
}

#[test]
fn read_refuses_a_file_that_is_too_short_and_changes_nothing() {
    let scratch = scratch();
    for bytes in [&padded("5\n")[..255], &b"5\n\0"[..], b""] {
        let path = file(&scratch, bytes);
        let before = state(&path);
        assert_refused(&run(&scratch, &["read", "file"]), "the file is too short to map");
        assert_eq!(state(&path), before);
    }
}

#[test]
fn leftovers_of_a_longer_number_after_the_nul_are_harmless() {
    let scratch = scratch();
    let path = file(&scratch, padded("5\n\x0012345678\n\0"));
    assert_eq!(lesson(&scratch, &["read", "file"]).succeed(), "Read integer: 5\n");
    assert_eq!(fs::read(path).unwrap(), padded("10\n\x002345678\n\0"));
}

#[test]
fn a_longer_file_keeps_its_length_and_its_other_bytes() {
    let scratch = scratch();
    let long = [padded("5\n"), b"the rest".to_vec()].concat();
    let path = file(&scratch, &long);
    lesson(&scratch, &["read", "file"]).succeed();
    assert_eq!(fs::read(&path).unwrap(), [padded("10\n"), b"the rest".to_vec()].concat());
    lesson(&scratch, &["write", "file"]).succeed();
    let bytes = fs::read(&path).unwrap();
    assert_eq!((bytes.len(), &bytes[30..]), (long.len(), &long[30..]));
}

#[test]
fn write_refuses_a_file_that_is_not_its_own_unless_forced() {
    let scratch = scratch();
    let page = common::page_size();
    for bytes in [
        b"dear diary, ".repeat(25),
        b"short".to_vec(),
        [b"\x89PNG\r\n\x1a\n".to_vec(), vec![7; 1000]].concat(),
        (0..=255).rev().collect(),
        padded("+5\n"),
        vec![0; 255],
        // A disk image may begin with zeros: only a page of nothing else is nobody's.
        vec![0; page + 1],
        [vec![0; 300], vec![1]].concat(),
    ] {
        let path = file(&scratch, &bytes);
        let before = state(&path);
        let words = "write \"file\": not a file of this lesson (--force overwrites its start)";
        assert_refused(&run(&scratch, &["write", "file"]), words);
        assert_eq!(state(&path), before);

        let said = lesson(&scratch, &["write", "file", "--force", "--seed", "1"]).succeed();
        let text = said.replace("Wrote integer: ", "") + "\0";
        let mut expected = bytes.clone();
        expected.resize(bytes.len().max(256), 0);
        expected[..text.len()].copy_from_slice(text.as_bytes());
        assert_eq!(fs::read(&path).unwrap(), expected, "the start and nothing else");
    }
}

#[test]
fn write_takes_an_empty_file_its_own_and_one_of_zeros() {
    let scratch = scratch();
    for bytes in [vec![], padded(""), padded("5\n"), vec![0; common::page_size()]] {
        let length = bytes.len().max(256);
        let path = file(&scratch, bytes);
        lesson(&scratch, &["write", "file"]).succeed();
        assert_eq!(fs::read(path).unwrap().len(), length);
    }
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let scratch = scratch();
    fs::create_dir(scratch.path().join("directory")).unwrap();
    nix::unistd::mkfifo(&scratch.path().join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    for name in ["directory", "fifo", "/dev/null", "/dev/zero", "/dev/tty", "."] {
        for role in [&["write"][..], &["write", "--force"], &["read"]] {
            let ended = run(&scratch, &[role, &[name]].concat());
            assert_refused(&ended, &format!("open {name:?}: not a regular file"));
        }
    }
}

#[test]
fn what_is_missing_or_closed_is_refused_in_the_systems_words() {
    let scratch = scratch();
    symlink("nowhere", scratch.path().join("dangling")).unwrap();
    file(&scratch, "a file");
    for (name, words) in [
        ("missing/file", "No such file or directory (os error 2)"),
        ("file/below", "Not a directory (os error 20)"),
        ("dangling", "No such file or directory (os error 2)"),
    ] {
        for role in ["write", "read"] {
            let ended = run(&scratch, &[role, name]);
            assert_refused(&ended, &format!("open {name:?}: {words}"));
        }
    }
    assert_refused(&run(&scratch, &["read", "missing"]), "open \"missing\": No such file");
    assert!(!scratch.path().join("missing").exists());
    assert!(!scratch.path().join("nowhere").exists());
}

#[test]
fn a_file_that_may_not_be_written_is_refused() {
    let scratch = scratch();
    // Somebody who is not root must be able to reach it, and not to write it.
    fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = file(&scratch, padded("5\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let before = state(&path);
    for role in ["write", "read"] {
        let ended = lesson(&scratch, &[role, "file"]).as_ordinary_user().run();
        assert_refused(&ended, "open \"file\": Permission denied (os error 13)");
    }
    assert_eq!(state(&path), before);
    if is_root() {
        let ended = lesson(&scratch, &["write", "new"]).as_ordinary_user().run();
        assert_refused(&ended, "open \"new\": Permission denied (os error 13)");
    }
}

#[test]
fn files_of_proc_and_sys_are_not_written_to() {
    let scratch = scratch();
    for path in ["/proc/version", "/proc/self/comm", "/proc/self/oom_score_adj"] {
        for role in ["write", "read"] {
            let ended = run(&scratch, &[role, path]);
            assert_eq!((ended.code, ended.signal), (Some(1), None), "{path}: {ended:?}");
            assert_eq!(ended.stderr.lines().count(), 1, "{path}: {ended:?}");
        }
    }
}

#[test]
fn a_full_file_system_is_an_error_and_leaves_no_new_file_behind() {
    let scratch = scratch();
    let ended = Program::new(LESSON, ["scene", "numbers-on-a-full-disk"]);
    let ended = ended.in_directory(scratch.path()).run();
    assert_eq!((ended.code, ended.signal), (Some(0), None), "{ended:?}");
    assert_eq!((ended.value("write-new"), ended.value("new-exists")), ("Some(ENOSPC)", "false"));
    assert_eq!((ended.value("write-hole"), ended.value("hole-blocks")), ("Some(ENOSPC)", "0"));
    assert_eq!(ended.value("write-old"), "None", "its block is there already");
    assert_eq!(ended.value("read-old"), "true");
    assert!(ended.value("read-hole").contains("cannot be loaded"), "{ended:?}");
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_leaves_no_new_file_behind() {
    let scratch = scratch();
    let ended = Program::new(LESSON, ["scene", "file-size-limit"]);
    let ended = ended.in_directory(scratch.path()).run();
    assert_eq!((ended.value("write"), ended.value("left-behind")), ("EFBIG", "false"));
}

#[test]
fn a_full_output_is_an_error_that_changes_nothing_and_leaves_no_new_file() {
    let scratch = scratch();
    let path = file(&scratch, padded("5\n"));
    let before = state(&path);
    for (role, name) in [("read", "file"), ("write", "new")] {
        let mut command = Command::new(LESSON);
        command.args([role, name]).current_dir(scratch.path()).stdout(full());
        let output = command.output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            errors,
            "error: write to standard output: No space left on device (os error 28)\n"
        );
    }
    assert_eq!(state(&path), before);
    assert!(!scratch.path().join("new").exists());
}

#[test]
fn a_listener_who_has_gone_is_no_error_and_the_number_is_stored_all_the_same() {
    let scratch = scratch();
    let path = file(&scratch, padded("5\n"));
    for (role, name) in [("read", "file"), ("write", "new")] {
        let (listener, output) = std::io::pipe().unwrap();
        drop(listener);
        let mut command = Command::new(LESSON);
        command.args([role, name]).current_dir(scratch.path()).stdout(output);
        assert_eq!(command.status().unwrap().code(), Some(0));
    }
    assert_eq!(fs::read(path).unwrap(), padded("10\n"));
    assert_eq!(fs::read(scratch.path().join("new")).unwrap().len(), 256);
}

#[test]
fn a_wrong_call_gets_the_usage_and_status_2() {
    let scratch = scratch();
    for arguments in [
        &["write"][..],
        &["read"],
        &["read", "a", "b"],
        &["double", "a"],
        &["--seed", "x"],
        &["read", ""],
    ] {
        let ended = run(&scratch, arguments);
        assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{arguments:?}: {ended:?}");
        let helped = ["Usage: cargo lesson-1", "try '--help'"];
        assert!(helped.iter().any(|words| ended.stderr.contains(words)), "{ended:?}");
    }
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1, "only the run's own lock");
}

#[test]
fn the_story_shows_what_it_expects_fits_a_terminal_and_leaves_nothing() {
    let scratch = scratch();
    let story = || lesson(&scratch, &["--seed", "1"]).env("LESSON_SCRATCH", scratch.path());
    let told = story().succeed();
    let lines: Vec<_> = told.lines().collect();
    assert!((40..=60).contains(&lines.len()), "{} lines", lines.len());
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{told}");
    let compared = lines.iter().filter_map(|line| line.split_once("  expected "));
    for (seen, expected) in compared.clone() {
        let words = expected.split([' ', ':', ',']).filter(|word| !["a", "page"].contains(word));
        for word in words {
            assert!(seen.contains(word), "{seen:?} is not {expected:?}");
        }
    }
    assert!(compared.count() >= 25, "{told}");
    let varies = |line: &&str| !line.contains("(addresses vary)");
    let again = story().succeed();
    assert!(told.lines().filter(varies).eq(again.lines().filter(varies)), "{told}{again}");
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1, "only the test's own lock");
}

#[test]
fn the_story_survives_a_closed_pipe() {
    let (listener, output) = std::io::pipe().unwrap();
    drop(listener);
    let mut command = Command::new(LESSON);
    let output = command.stdout(output).stderr(Stdio::piped()).output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
}

#[test]
fn c_programs_and_these_read_what_the_others_wrote() {
    let scratch = scratch();
    let (c_write, c_read) = (compiled(&scratch, "write"), compiled(&scratch, "read"));
    let c = |program: &str| Program::new(program, ["file"]).in_directory(scratch.path()).succeed();
    let ours = |role| lesson(&scratch, &[role, "file"]).succeed();
    let number = |said: String, words: &str| {
        let number = said.strip_prefix(words).unwrap().trim_end().parse::<i64>();
        number.unwrap()
    };

    let first = number(c(&c_write), "Wrote integer: ");
    assert_eq!(number(ours("read"), "Read integer: "), first);
    assert_eq!(number(c(&c_read), "Read integer: "), 2 * first);
    assert_eq!(number(ours("read"), "Read integer: "), 4 * first);

    let second = number(ours("write"), "Wrote integer: ");
    assert_eq!(number(c(&c_read), "Read integer: "), second);
    assert_eq!(number(ours("read"), "Read integer: "), 2 * second);

    // The other direction from the start: this lesson's file is the C writer's, too.
    fs::remove_file(scratch.path().join("file")).unwrap();
    ours("write");
    let third = number(c(&c_write), "Wrote integer: ");
    assert_eq!(number(ours("read"), "Read integer: "), third);
}

#[test]
fn a_file_of_258_bytes_as_seeking_c_programs_make_it_is_read_and_written() {
    let scratch = scratch();
    let path = file(&scratch, [padded("-17\n"), vec![0; 2]].concat());
    assert_eq!(lesson(&scratch, &["read", "file"]).succeed(), "Read integer: -17\n");
    lesson(&scratch, &["write", "file"]).succeed();
    assert_eq!(fs::read(path).unwrap().len(), 258);
}

/// A C program of `tests/c`, compiled into the test's directory.
fn compiled(scratch: &Scratch, name: &str) -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/c/{name}.c"));
    let program = scratch.path().join(format!("c-{name}"));
    let mut cc = Command::new("cc");
    cc.args(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&program).arg(source);
    let status = cc.status().unwrap_or_else(|error| {
        panic!("this test needs a C compiler named cc, and starting it failed: {error}")
    });
    assert!(status.success(), "{name}.c does not compile");
    program.into_os_string().into_string().unwrap()
}

/// A device that has no room for a byte.
fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}
