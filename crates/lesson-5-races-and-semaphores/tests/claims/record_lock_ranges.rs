//! Which bytes a record lock has, and what `F_GETLK` says of it.

use std::fs;

use course::scratch;

use crate::lock_actors::two;

/// Record locks conflict only where their bytes overlap.
///
/// - call: `fcntl(F_SETLK)`, success
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn record_locks_conflict_only_where_their_bytes_overlap() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 3 4");
    b.does("F_SETLK d F_WRLCK 0 3");
    b.does("F_SETLK d F_WRLCK 7 3");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 2 2"), "EAGAIN");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 6 2"), "EAGAIN");
}

/// A record lock of length 0 covers all later bytes, however far the file grows.
///
/// - call: `fcntl(F_SETLK)`, success
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn a_record_lock_of_length_0_covers_all_later_bytes_however_far_the_file_grows() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 5 0");
    let expected = format!("F_WRLCK SEEK_SET 5 0 {}", a.id());
    assert_eq!(b.ask("F_GETLK d F_RDLCK 1000000000000 1"), expected);
    assert_eq!(a.ask("locks d"), "WRITE 5 EOF");
    b.does("truncate d 100000");
    assert_eq!(fs::metadata(scratch.path().join("file")).unwrap().len(), 100_000, "it has grown");
    assert_eq!(b.ask("F_GETLK d F_RDLCK 99999 1"), expected);
    assert_eq!(b.ask("F_SETLK d F_RDLCK 99999 1"), "EAGAIN");
    assert_eq!(a.ask("locks d"), "WRITE 5 EOF", "the same lock");
    b.does("F_SETLK d F_WRLCK 0 5");
}

/// Bytes past the end of the file can be locked.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn bytes_past_the_end_of_the_file_can_be_locked() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 1000000 10");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 1000009 1"), "EAGAIN");
    assert_eq!(fs::metadata(scratch.path().join("file")).unwrap().len(), 10, "it did not grow");
}

/// A negative length locks the bytes before the start.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn a_negative_length_locks_the_bytes_before_the_start() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 50 -10");
    let expected = format!("F_WRLCK SEEK_SET 40 10 {}", a.id());
    assert_eq!(b.ask("F_GETLK d F_WRLCK 0 0"), expected);
}

/// A record lock can start at the file offset or at the end of the file.
///
/// - call: `fcntl(F_SETLK)`, success
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn a_record_lock_can_start_at_the_file_offset_or_at_the_end_of_the_file() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("seek d 4");
    a.does("F_SETLK d F_WRLCK -1 2 SEEK_CUR");
    assert_eq!(a.ask("locks d"), "WRITE 3 4");
    a.does("F_SETLK d F_RDLCK -2 1 SEEK_END");
    assert_eq!(a.ask("locks d"), "WRITE 3 4, READ 8 8");
    assert_eq!(a.ask("offset d"), "4", "locking moved no offset");
}

/// Unlocking the middle of a record lock leaves two locks.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn unlocking_the_middle_of_a_record_lock_leaves_two_locks() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("F_SETLK d F_UNLCK 4 2");
    assert_eq!(a.ask("locks d"), "WRITE 0 3, WRITE 6 9");
}

/// Changing the type in the middle of a record lock leaves three locks.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn changing_the_type_in_the_middle_of_a_record_lock_leaves_three_locks() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("F_SETLK d F_RDLCK 4 2");
    assert_eq!(a.ask("locks d"), "WRITE 0 3, READ 4 5, WRITE 6 9");
}

/// Adjacent record locks of one type become one.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Advisory record locking
/// - level: Linux
#[test]
fn adjacent_record_locks_of_one_type_become_one() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 3");
    a.does("F_SETLK d F_WRLCK 7 3");
    assert_eq!(a.ask("locks d"), "WRITE 0 2, WRITE 7 9");
    a.does("F_SETLK d F_WRLCK 3 4");
    assert_eq!(a.ask("locks d"), "WRITE 0 9");
}

/// Unlocking bytes that are not locked succeeds.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fs/locks.c
/// - level: observed
#[test]
fn unlocking_bytes_that_are_not_locked_succeeds() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    b.does("F_SETLK d F_UNLCK 0 10");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN", "a's lock is untouched");
}

/// `F_GETLK` of free bytes changes only the type.
///
/// - call: `fcntl(F_GETLK)`, success
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn f_getlk_of_free_bytes_changes_only_the_type() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    let answer = a.ask("F_GETLK d F_WRLCK -3 2 SEEK_END 12345");
    assert_eq!(answer, "F_UNLCK SEEK_END -3 2 12345");
    assert_eq!(a.ask("locks d"), "", "nothing was locked");
}

/// `F_GETLK` describes the conflicting lock and names its process.
///
/// - call: `fcntl(F_GETLK)`, success
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn f_getlk_describes_the_conflicting_lock_and_names_its_process() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK -4 3 SEEK_END");
    let expected = format!("F_WRLCK SEEK_SET 6 3 {}", a.id());
    assert_eq!(b.ask("F_GETLK d F_RDLCK 0 0"), expected);
}

/// `F_GETLK` does not report the process's own locks.
///
/// - call: `fcntl(F_GETLK)`, edge
/// - source: fcntl(2), Advisory record locking
/// - level: observed
#[test]
fn f_getlk_does_not_report_the_processs_own_locks() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    assert!(a.ask("F_GETLK d F_WRLCK 0 10").starts_with("F_UNLCK"));
}
