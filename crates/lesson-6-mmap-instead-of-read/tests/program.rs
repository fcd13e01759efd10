//! The commands of the lesson: what they print, how they end, and what they refuse.
#![expect(clippy::expect_used, reason = "a test fails by panicking, with the step's name")]

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use common::{Scratch, page_size};
use course::{Ended, Program, scratch};
use lesson_6_mmap_instead_of_read::cost::write_lines;
use lesson_6_mmap_instead_of_read::guard::MOST;
use lesson_6_mmap_instead_of_read::job::{PIECE, count, find};
use lesson_6_mmap_instead_of_read::{Guard, View};

const PROGRAM: &str = env!("CARGO_BIN_EXE_lesson-6-mmap-instead-of-read");

fn lesson<const N: usize>(scratch: &Scratch, arguments: [&str; N]) -> Ended {
    Program::new(PROGRAM, arguments).in_directory(scratch.path()).run()
}

fn with_file(name: &str, text: &str) -> Scratch {
    let scratch = scratch();
    fs::write(scratch.path().join(name), text).expect("write");
    scratch
}

/// Counts newlines one byte at a time.
fn lines_of(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// Finds a word one byte at a time.
fn places_of(word: &[u8], bytes: &[u8]) -> Vec<usize> {
    let (mut places, mut from) = (Vec::new(), 0);
    while from + word.len() <= bytes.len() {
        if bytes[from..].starts_with(word) {
            places.push(from);
            from += word.len();
        } else {
            from += 1;
        }
    }
    places
}

#[test]
fn count_and_find_are_right_for_every_length() {
    for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 17] {
        let bytes: Vec<u8> = b"abab\naba".iter().copied().cycle().take(length).collect();
        let counted = count(&*bytes).expect("count");
        assert_eq!((counted.lines, counted.bytes), (lines_of(&bytes), length as u64));
        for word in [&b"a"[..], b"aba", b"b\na", b"abaabab", b"nowhere"] {
            let (found, places) = (find(&*bytes, word).expect("find"), places_of(word, &bytes));
            assert_eq!(found.times, places.len() as u64, "{word:?} in {length} bytes");
            assert_eq!(found.first, places.first().map(|place| *place as u64), "{word:?}");
        }
    }
}

#[test]
fn a_word_longer_than_a_piece_is_found() {
    let word: Vec<u8> = (b'a'..b'w').cycle().take(PIECE * 2 + 3).collect();
    let mut bytes = vec![b'.'; PIECE - 7];
    bytes.extend(&word);
    let found = find(&*bytes, &word).expect("find");
    assert_eq!((found.times, found.first), (1, Some(PIECE as u64 - 7)));
}

#[test]
fn all_three_methods_print_the_same_result() {
    let scratch = with_file("poem", "one\ntwo\nthree, two");
    for how in ["read", "pread", "mapping"] {
        let counted = lesson(&scratch, ["count", "--how", how, "poem"]);
        assert_eq!(counted.stdout, format!("poem: 2 lines in 18 bytes, by {how}\n"), "{counted:?}");
        let found = lesson(&scratch, ["find", "two", "--how", how, "poem"]);
        assert_eq!(found.stdout, format!("poem: 2 times, first at byte 4, by {how}\n"));
        let not_found = lesson(&scratch, ["find", "four", "--how", how, "poem"]);
        assert_eq!(not_found.stdout, format!("poem: not found, by {how}\n"));
        assert_eq!((counted.code, found.code, not_found.code), (Some(0), Some(0), Some(0)));
    }
}

#[test]
fn the_default_method_is_a_mapping() {
    let ended = lesson(&with_file("line", "one\n"), ["count", "line"]);
    assert_eq!(ended.stdout, "line: 1 line in 4 bytes, by mapping\n");
}

#[test]
fn a_file_that_cannot_be_mapped_is_read_and_the_line_says_why() {
    let scratch = with_file("empty", "");
    let ended = lesson(&scratch, ["count", "empty", "/dev/null"]);
    let why = "by read (length 0, nothing to map)";
    let expected =
        format!("empty: 0 lines in 0 bytes, {why}\n/dev/null: 0 lines in 0 bytes, {why}\n");
    assert_eq!((ended.code, ended.stdout), (Some(0), expected));
    let of_sys = lesson(&scratch, ["count", "/sys/devices/system/cpu/online"]);
    assert!(of_sys.stdout.contains("by read (mmap: No such device (os error 19))"), "{of_sys:?}");
    let of_proc = lesson(&scratch, ["find", "Linux", "/proc/version"]);
    assert!(of_proc.stdout.starts_with("/proc/version: 1 time, first at byte 0"), "{of_proc:?}");
}

#[test]
fn a_pipe_is_read_with_every_method() {
    let refused = format!("pread: {}", io::Error::from_raw_os_error(libc::ESPIPE));
    for (how, why) in [("mapping", "length 0, nothing to map"), ("pread", &*refused)] {
        let script = format!("printf 'a\\nb\\n' | \"$0\" count --how {how} /dev/stdin");
        let ended = Program::new("/bin/sh", ["-c", &script, PROGRAM]).run();
        assert_eq!(
            ended.stdout,
            format!("/dev/stdin: 2 lines in 4 bytes, by read ({why})\n"),
            "{ended:?}"
        );
    }
}

#[test]
fn a_file_too_large_for_the_address_space_is_read() {
    let scratch = with_file("hole", "");
    let hole = File::options().write(true).open(scratch.path().join("hole")).expect("open");
    hole.set_len(256 << 20).expect("ftruncate");
    let script = "ulimit -v 200000; exec \"$0\" count hole";
    let ended = Program::new("/bin/sh", ["-c", script, PROGRAM]).in_directory(scratch.path()).run();
    let why = format!("by read (mmap: {})", io::Error::from_raw_os_error(libc::ENOMEM));
    assert_eq!(ended.stdout, format!("hole: 0 lines in 268435456 bytes, {why}\n"), "{ended:?}");
}

#[test]
fn each_failure_is_one_line_and_the_other_files_are_counted() {
    let scratch = with_file("line", "one\n");
    let ended = lesson(&scratch, ["count", "missing", ".", "line"]);
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stdout, "line: 1 line in 4 bytes, by mapping\n");
    let errors = "error: open \"missing\": No such file or directory (os error 2)\n\
                  error: read \".\": Is a directory (os error 21)\n";
    assert_eq!(ended.stderr, errors);
}

#[test]
fn a_file_that_may_not_be_read_is_an_error() {
    let scratch = with_file("secret", "x");
    let directory = scratch.path().join("open");
    fs::create_dir(&directory).expect("mkdir");
    fs::set_permissions(&directory, PermissionsExt::from_mode(0o755)).expect("chmod");
    let secret = directory.join("secret");
    fs::rename(scratch.path().join("secret"), &secret).expect("rename");
    fs::set_permissions(&secret, PermissionsExt::from_mode(0o000)).expect("chmod");
    let program = Program::new(PROGRAM, ["count", "secret"]).in_directory(&directory);
    let ended = program.as_ordinary_user().run();
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stderr, "error: open \"secret\": Permission denied (os error 13)\n");
}

#[test]
fn thousands_of_small_files_are_counted_with_few_descriptors() {
    let scratch = scratch();
    let names: Vec<String> = (0..2_000).map(|number| format!("file-{number}")).collect();
    for name in &names {
        fs::write(scratch.path().join(name), "a line\n").expect("write");
    }
    let script = "ulimit -n 16; exec \"$0\" count \"$@\"";
    let arguments = ["-c", script, PROGRAM].into_iter().chain(names.iter().map(String::as_str));
    let ended = Program::new("/bin/sh", arguments).in_directory(scratch.path()).run();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout.matches(": 1 line in 7 bytes, by mapping\n").count(), 2_000);
}

#[test]
fn a_word_may_have_any_bytes_but_must_not_be_empty() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let scratch = scratch();
    fs::write(scratch.path().join("bytes"), b"a\xff\xfeb").expect("write");
    let arguments = [OsStr::new("find"), OsStr::from_bytes(b"\xff\xfe"), OsStr::new("bytes")];
    let found = Program::new(PROGRAM, arguments).in_directory(scratch.path()).run();
    assert_eq!(found.stdout, "bytes: 1 time, first at byte 1, by mapping\n", "{found:?}");
    assert_eq!(lesson(&scratch, ["find", "", "bytes"]).code, Some(2));
}

#[test]
fn a_wrong_call_prints_usage_and_ends_with_2() {
    let scratch = scratch();
    for arguments in [["count", "--how"], ["find", "word"], ["sideways", "x"]] {
        let ended = lesson(&scratch, arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        assert!(!ended.stderr.is_empty(), "{ended:?}");
    }
}

#[test]
fn the_commands_change_no_file() {
    let scratch = scratch();
    let path = scratch.path().join("lines");
    let before = write_lines(&path, 3 * page_size() + 5, PIECE).expect("write");
    let (bytes, times) = (fs::read(&path).expect("read"), before.metadata().expect("stat"));
    fs::set_permissions(&path, PermissionsExt::from_mode(0o400)).expect("chmod");
    assert_eq!(lesson(&scratch, ["count", "lines"]).code, Some(0), "readable is enough");
    assert_eq!(lesson(&scratch, ["find", "mapping", "lines"]).code, Some(0));
    assert!(fs::read(&path).expect("read") == bytes);
    assert_eq!(fs::metadata(&path).expect("stat").modified().ok(), times.modified().ok());
}

#[test]
fn a_full_output_is_an_error_and_a_closed_output_is_not() {
    let scratch = with_file("line", "one\n");
    let path = scratch.path().join("line");
    let mut full = Command::new(PROGRAM);
    full.arg("count").arg(&path).stdout(File::create("/dev/full").expect("open"));
    let full = full.stderr(Stdio::piped()).output().expect("run");
    let said = String::from_utf8_lossy(&full.stderr);
    assert_eq!(said, "error: write to standard output: No space left on device (os error 28)\n");
    assert_eq!(full.status.code(), Some(1));
    let mut closed = Command::new(PROGRAM);
    let (reader, writer) = io::pipe().expect("pipe");
    drop(reader);
    let closed = closed.arg("count").arg(&path).stdout(writer).output().expect("run");
    assert_eq!((closed.status.code(), closed.stderr.len()), (Some(0), 0));
}

#[test]
fn one_guard_too_many_is_an_error() {
    let scratch = scratch();
    let file = write_lines(&scratch.path().join("lines"), page_size(), PIECE).expect("write");
    let one = || Guard::over(View::of(&file, page_size()).expect("mmap"));
    let guards: Vec<_> = (0..=MOST).map(|_| one()).collect();
    let last = guards.into_iter().find_map(Result::err).expect("more than there are places");
    assert_eq!(last.kind(), ErrorKind::ResourceBusy);
}
