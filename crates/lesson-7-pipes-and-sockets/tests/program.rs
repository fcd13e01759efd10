//! The lesson's commands as a person calls them: output, exit status, and refusals.
#![expect(clippy::unwrap_used, reason = "a helper of the tests fails by panicking")]

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;

use common::Scratch;
use course::{Ended, Program, Running, scratch};
use lesson_7_pipes_and_sockets::ring_file;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

const PROGRAM: &str = env!("CARGO_BIN_EXE_lesson-7-pipes-and-sockets");

/// `role FILE`, with FILE's name in the test's own directory.
fn role(role: &str, file: &str, scratch: &Scratch) -> Program {
    Program::new(PROGRAM, [role, file]).in_directory(scratch.path())
}

/// The C library's words for an error. glibc and musl have their own for some.
fn words(errno: i32) -> io::Error {
    io::Error::from_raw_os_error(errno)
}

/// A sender and a receiver on a new ring, in conversation.
fn both(scratch: &Scratch) -> (Running, Running) {
    ring_file::create(&scratch.path().join("ring"), 1 << 10, 4).unwrap();
    let mut sender = role("send", "ring", scratch).start();
    let mut receiver = role("receive", "ring", scratch).start();
    for line in ["first", "second"] {
        sender.tell(line);
        assert_eq!(receiver.hear(), line);
    }
    (sender, receiver)
}

/// One line on standard error, status 1, nothing on standard output.
fn refused(ended: &Ended, words: &str) {
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(words), "{ended:?}");
}

#[test]
fn lines_go_from_a_sender_to_a_receiver_and_both_end() {
    let scratch = scratch();
    let sender = role("send", "new", &scratch).run();
    assert_eq!(sender.code, Some(0), "a ring that doesn't exist is made");
    let mode = fs::metadata(scratch.path().join("new")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (sender, receiver) = both(&scratch);
    assert_eq!(sender.end().code, Some(0));
    let receiver = receiver.end();
    assert_eq!((receiver.code, receiver.stdout.as_str()), (Some(0), ""), "{receiver:?}");
}

#[test]
fn a_receiver_reports_that_its_sender_was_killed() {
    let scratch = scratch();
    let (sender, receiver) = both(&scratch);
    sender.kill();
    refused(&receiver.end(), &format!("receive from \"ring\": {}", words(libc::EOWNERDEAD)));
}

#[test]
fn a_sender_reports_that_its_receiver_was_killed_when_the_ring_is_full() {
    let scratch = scratch();
    let (mut sender, receiver) = both(&scratch);
    receiver.kill();
    for _ in 0..5 {
        sender.tell("nobody reads this");
    }
    refused(&sender.end(), &format!("send to \"ring\": {}", words(libc::EOWNERDEAD)));
}

#[test]
fn a_line_that_is_too_long_is_refused() {
    let scratch = scratch();
    let mut sender = role("send", "ring", &scratch).start();
    sender.tell(&"x".repeat(1025));
    refused(&sender.end(), &format!("send to \"ring\": {}", words(libc::EMSGSIZE)));
}

#[test]
fn a_file_that_is_not_a_ring_is_refused_and_not_changed() {
    let scratch = scratch();
    let path = |name: &str| scratch.path().join(name);
    let long = vec![b'x'; 2 * common::page_size()];
    for (name, content) in [("empty", b"".as_slice()), ("short", b"ring (7)"), ("garbage", &long)] {
        fs::write(path(name), content).unwrap();
        for each in ["send", "receive"] {
            refused(&role(each, name, &scratch).run(), "not a ring of this lesson");
        }
        assert_eq!(fs::read(path(name)).unwrap(), content);
    }
}

#[test]
fn a_fifo_a_device_a_directory_and_a_missing_file_are_refused_at_once() {
    let scratch = scratch();
    mkfifo(&scratch.path().join("fifo"), Mode::S_IRWXU).unwrap();
    for each in ["send", "receive"] {
        refused(&role(each, "fifo", &scratch).run(), "not a ring of this lesson");
        refused(&role(each, "/dev/null", &scratch).run(), "not a ring of this lesson");
        refused(&role(each, ".", &scratch).run(), "Is a directory (os error 21)");
    }
    refused(&role("receive", "missing", &scratch).run(), "No such file or directory (os error 2)");
    refused(
        &role("send", "missing/ring", &scratch).run(),
        "No such file or directory (os error 2)",
    );
}

#[test]
fn a_ring_without_write_permission_is_refused() {
    let scratch = scratch();
    let directory = scratch.path().join("ordinary");
    fs::create_dir(&directory).unwrap();
    fs::set_permissions(&directory, Permissions::from_mode(0o777)).unwrap();
    ring_file::create(&directory.join("ring"), 64, 4).unwrap();
    fs::set_permissions(directory.join("ring"), Permissions::from_mode(0o444)).unwrap();
    let program = Program::new(PROGRAM, ["receive", "ring"]).in_directory(&directory);
    refused(&program.as_ordinary_user().run(), "Permission denied (os error 13)");
}

#[test]
fn a_second_receiver_and_a_used_ring_are_refused() {
    let scratch = scratch();
    let (sender, receiver) = both(&scratch);
    refused(&role("receive", "ring", &scratch).run(), "another process is its receiver");
    sender.end();
    receiver.end();
    refused(
        &role("send", "ring", &scratch).run(),
        "another process was its sender; a ring serves only one pair",
    );
}

#[test]
fn a_full_standard_output_is_one_error_line() {
    let scratch = scratch();
    let mut sender = role("send", "ring", &scratch).start();
    sender.tell("a line");
    assert_eq!(sender.end().code, Some(0));
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut command = std::process::Command::new(PROGRAM);
    let ended = command.args(["receive", "ring"]).current_dir(scratch.path()).stdout(full).output();
    let said = String::from_utf8(ended.unwrap().stderr).unwrap();
    let words = "error: write to standard output: No space left on device (os error 28)\n";
    assert_eq!(said, words);
}

#[test]
fn the_story_is_the_same_on_every_run_except_where_it_says_varies() {
    let scratch = scratch();
    let told = || {
        let program = Program::new(PROGRAM, [""; 0]).env("LESSON_SCRATCH", scratch.path());
        let story = program.succeed();
        story.split_once("7. One system call").unwrap().0.to_owned()
    };
    assert_eq!(told(), told());
}

#[test]
fn a_second_process_ends_if_its_starter_has_already_died() {
    let mut linger = Program::new(PROGRAM, ["second", "linger"]);
    // As if a process that no longer exists had started it.
    linger = linger.env("LESSON_PARENT", "1");
    let ended = linger.run();
    assert_eq!(ended.signal, Some(nix::sys::signal::Signal::SIGKILL), "{ended:?}");
}
