//! Record locks: which processes they exclude, and which they do not.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use course::scratch;

use crate::lock_actors::two;

/// Two processes can hold read locks on the same bytes.
///
/// - call: `fcntl(F_SETLK)`, success
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn two_processes_can_hold_read_locks_on_the_same_bytes() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_RDLCK 0 10");
    b.does("F_SETLK d F_RDLCK 0 10");
    assert_eq!(a.ask("locks d"), "READ 0 9");
    assert_eq!(b.ask("locks d"), "READ 0 9");
}

/// A write lock excludes every other process.
///
/// - call: `fcntl(F_SETLK)`, success
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn a_write_lock_excludes_every_other_process() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
    assert_eq!(b.ask("F_SETLK d F_RDLCK 0 10"), "EAGAIN");
    a.does("F_SETLK d F_RDLCK 0 10");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
    b.does("F_SETLK d F_RDLCK 0 10");
}

/// A process never conflicts with its own record locks.
///
/// - call: `fcntl(F_SETLK)`, success
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn a_process_never_conflicts_with_its_own_record_locks() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("open e both file");
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("F_SETLK e F_RDLCK 0 10");
    b.does("F_SETLK d F_RDLCK 0 10"); // The new lock took the old one's place.
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
}

/// Record locks do not exclude the threads of one process from each other.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn record_locks_do_not_exclude_the_threads_of_one_process_from_each_other() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("open e both file");
    a.does("F_SETLK d F_WRLCK 0 10");
    a.does("threaded F_SETLK e F_WRLCK 0 10");
    assert_eq!(b.ask("F_SETLK d F_RDLCK 0 10"), "EAGAIN");
}

/// `F_SETLKW` waits until the bytes are free.
///
/// - call: `fcntl(F_SETLK)`, success
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn f_setlkw_waits_until_the_bytes_are_free() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    b.waits("F_SETLKW d F_WRLCK 0 10");
    a.does("F_SETLK d F_UNLCK 0 10");
    assert_eq!(b.hear(), "ok");
    assert_eq!(a.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN", "now it is b's");
}

/// No record lock stops a store, a write, a read or a truncation.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Mandatory locking
/// - level: Linux
/// - tutorials say: A lock by `fcntl` keeps other processes from reading or writing the bytes.
/// - article says: `fcntl` can place read and write locks on the file.
#[test]
fn no_record_lock_stops_a_store_a_write_a_read_or_a_truncation() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 0");
    b.does("map d");
    b.does("store d AB");
    assert_eq!(a.ask("pread d 10"), "AB23456789");
    b.does("pwrite d abc");
    assert_eq!(a.ask("pread d 10"), "abc3456789");
    assert_eq!(b.ask("pread d 3"), "abc");
    b.does("truncate d 3");
    assert_eq!(fs::read(scratch.path().join("file")).unwrap(), b"abc");
    assert_eq!(a.ask("locks d"), "WRITE 0 EOF", "it was locked all the time");
}

/// The mode bits of mandatory locks change nothing.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Mandatory locking
/// - level: Linux (since Linux 5.15)
#[test]
fn the_mode_bits_of_mandatory_locks_change_nothing() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    let path = scratch.path().join("file");
    fs::set_permissions(&path, PermissionsExt::from_mode(0o2600)).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o2600);
    a.does("F_SETLK d F_WRLCK 0 0");
    b.does("pwrite d abc");
    assert_eq!(a.ask("pread d 10"), "abc3456789");
}

/// A lock belongs to the file and not to its name.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Advisory record locking
/// - level: observed
#[test]
fn a_lock_belongs_to_the_file_and_not_to_its_name() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 0");
    fs::write(scratch.path().join("new"), "new").unwrap();
    fs::rename(scratch.path().join("file"), scratch.path().join("old")).unwrap();
    fs::rename(scratch.path().join("new"), scratch.path().join("file")).unwrap();
    b.does("open new both file");
    b.does("F_SETLK new F_WRLCK 0 0");
    b.does("open old both old");
    assert_eq!(b.ask("F_SETLK old F_WRLCK 0 0"), "EAGAIN");
}
