//! How a record lock ends, and what it survives.

use std::fs;

use course::scratch;
use nix::sys::signal::Signal;

use crate::lock_actors::two;

/// Closing any descriptor of the file releases the process's record locks.
///
/// - call: `close`, edge
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
/// - tutorials say: A lock by `fcntl` stays until the process unlocks the bytes or ends.
/// - article says: After mapping the file, the program closes the descriptor. (The example does
///   not.)
#[test]
fn closing_any_descriptor_of_the_file_releases_the_processs_record_locks() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("open e read file");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
    a.does("close e");
    assert_eq!(a.ask("locks d"), "");
    b.does("F_SETLK d F_WRLCK 0 10");
}

/// Closing a duplicated descriptor releases the record locks, too.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn closing_a_duplicated_descriptor_releases_the_record_locks_too() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("duplicate d e");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
    a.does("close e");
    b.does("F_SETLK d F_WRLCK 0 10");
}

/// Closing a descriptor opened by another name of the file releases the record locks, too.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn closing_a_descriptor_opened_by_another_name_of_the_file_releases_the_record_locks_too() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    fs::hard_link(scratch.path().join("file"), scratch.path().join("other name")).unwrap();
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("open e read other name");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
    a.does("close e");
    b.does("F_SETLK d F_WRLCK 0 10");
}

/// Closing an `O_PATH` descriptor releases no record lock.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: open(2), DESCRIPTION (O_PATH)
/// - level: observed
#[test]
fn closing_an_o_path_descriptor_releases_no_record_lock() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("open p path file");
    a.does("close p");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
}

/// A record lock ends with the close of the descriptor, although a mapping is left.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
/// - tutorials say: After `mmap`, it does no harm to close the descriptor.
#[test]
fn a_record_lock_ends_with_the_close_of_the_descriptor_although_a_mapping_is_left() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("map d");
    a.does("close d");
    b.does("F_SETLK d F_WRLCK 0 10");
    a.does("store d AB");
    assert_eq!(b.ask("pread d 10"), "AB23456789", "the mapping lives");
}

/// A forked child does not inherit record locks.
///
/// - call: `fcntl(F_SETLK)`, success
/// - source: fcntl(2), Advisory record locking; fork(2), DESCRIPTION
/// - level: POSIX
#[test]
fn a_forked_child_does_not_inherit_record_locks() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    assert_eq!(a.ask("forked F_SETLK d F_WRLCK 0 10"), "EAGAIN");
}

/// A forked child cannot release its parent's record locks.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn a_forked_child_cannot_release_its_parents_record_locks() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("forked F_SETLK d F_UNLCK 0 10");
    a.does("forked close d");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
}

/// Record locks survive `exec`.
///
/// - call: `fcntl(F_SETLK)`, success
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn record_locks_survive_exec() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    let id = a.id();
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("inherit d");
    a.does("exec");
    assert_eq!(a.ask("id"), id, "the same process, another program");
    assert_eq!(b.ask("F_GETLK d F_WRLCK 0 0"), format!("F_WRLCK SEEK_SET 0 10 {id}"));
}

/// If `exec` closes a descriptor of the file, the record locks are released.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Advisory record locking; execve(2), DESCRIPTION
/// - level: Linux
#[test]
fn if_exec_closes_a_descriptor_of_the_file_the_record_locks_are_released() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("inherit d");
    a.does("open e read file"); // Close-on-exec, as everything that Rust opens.
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
    a.does("exec");
    b.does("F_SETLK d F_WRLCK 0 10");
}

/// Record locks end when the process exits.
///
/// - call: `fcntl(F_SETLK)`, success
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn record_locks_end_when_the_process_exits() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    b.waits("F_SETLKW d F_WRLCK 0 10");
    assert_eq!(a.exit().code, Some(0));
    assert_eq!(b.hear(), "ok");
}

/// Record locks end when the process is killed.
///
/// - call: `fcntl(F_SETLK)`, success
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn record_locks_end_when_the_process_is_killed() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    b.waits("F_SETLKW d F_WRLCK 0 10");
    assert_eq!(a.kill().signal, Some(Signal::SIGKILL));
    assert_eq!(b.hear(), "ok");
}

/// A stopped process keeps its record locks.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Advisory record locking
/// - level: observed
#[test]
fn a_stopped_process_keeps_its_record_locks() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.stop();
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
}
