//! OFD locks: who excludes whom. The owner is an open file description.

use course::scratch;

use crate::lock_actors::{actor, two};

/// Several opens can hold an OFD read lock, and an OFD write lock excludes all others.
///
/// - call: `fcntl(F_OFD_SETLK)`, success
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Open file description locks
/// - level: POSIX
#[test]
fn several_opens_can_hold_an_ofd_read_lock_and_an_ofd_write_lock_excludes_all_others() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_RDLCK 0 10");
    b.does("F_OFD_SETLK d F_RDLCK 0 10");
    assert_eq!(a.ask("F_OFD_SETLK d F_WRLCK 0 10"), "EAGAIN");
    b.does("F_OFD_SETLK d F_UNLCK 0 10");
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    assert_eq!(b.ask("F_OFD_SETLK d F_RDLCK 0 10"), "EAGAIN");
}

/// An OFD lock fails with `EAGAIN` if the same process holds a conflicting one through another open
/// of the file.
///
/// - call: `fcntl(F_OFD_SETLK)`, error
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Open file description locks
/// - level: POSIX (`EAGAIN`: Linux)
#[test]
fn an_ofd_lock_fails_with_eagain_if_the_same_process_holds_a_conflicting_one_through_another_open_of_the_file()
 {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("open e both file");
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    assert_eq!(a.ask("F_OFD_SETLK e F_WRLCK 9 1"), "EAGAIN");
    a.does("F_OFD_SETLK e F_WRLCK 10 1");
}

/// Duplicates of a descriptor share its OFD locks.
///
/// - call: `fcntl(F_OFD_SETLK)`, success
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Open file description locks
/// - level: POSIX
#[test]
fn duplicates_of_a_descriptor_share_its_ofd_locks() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("duplicate d e");
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    a.does("F_OFD_SETLK e F_RDLCK 0 10");
    assert_eq!(a.ask("locks d"), "READ 0 9", "either descriptor changes the lock");
    a.does("F_OFD_SETLK e F_UNLCK 0 10");
    b.does("F_OFD_SETLK d F_WRLCK 0 10");
}

/// OFD locks exclude threads from each other if each thread opens the file.
///
/// - call: `fcntl(F_OFD_SETLK)`, success
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Open file description locks
/// - level: POSIX
#[test]
fn ofd_locks_exclude_threads_from_each_other_if_each_thread_opens_the_file() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("open e both file");
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    assert_eq!(a.ask("threaded F_OFD_SETLK e F_WRLCK 0 10"), "EAGAIN");
    a.does("threaded F_OFD_SETLK d F_WRLCK 0 10");
}

/// An OFD lock and a record lock conflict, even in one process on one descriptor.
///
/// - call: `fcntl(F_OFD_SETLK)`, edge
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Open file description locks
/// - level: POSIX
#[test]
fn an_ofd_lock_and_a_record_lock_conflict_even_in_one_process_on_one_descriptor() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    assert_eq!(a.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
    a.does("F_OFD_SETLK d F_UNLCK 0 10");
    a.does("F_SETLK d F_WRLCK 0 10");
    assert_eq!(a.ask("F_OFD_SETLK d F_WRLCK 0 10"), "EAGAIN");
}

/// If an OFD read lock cannot become a write lock, the process keeps the read lock.
///
/// - call: `fcntl(F_OFD_SETLK)`, edge
/// - source: fcntl(2), Open file description locks
/// - level: observed
#[test]
fn if_an_ofd_read_lock_cannot_become_a_write_lock_the_process_keeps_the_read_lock() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_RDLCK 0 10");
    b.does("F_OFD_SETLK d F_RDLCK 0 10");
    assert_eq!(a.ask("F_OFD_SETLK d F_WRLCK 0 10"), "EAGAIN");
    assert_eq!(a.ask("locks d"), "READ 0 9");
    assert_eq!(b.ask("F_OFD_SETLK d F_WRLCK 0 10"), "EAGAIN", "a still reads");
}

/// No OFD lock stops a store, a write or a read.
///
/// - call: `fcntl(F_OFD_SETLK)`, edge
/// - source: fcntl(2), Mandatory locking
/// - level: Linux
#[test]
fn no_ofd_lock_stops_a_store_a_write_or_a_read() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_WRLCK 0 0");
    b.does("map d");
    b.does("store d AB");
    assert_eq!(a.ask("pread d 10"), "AB23456789");
    b.does("pwrite d abc");
    assert_eq!(b.ask("pread d 10"), "abc3456789");
    assert_eq!(b.ask("F_OFD_SETLK d F_RDLCK 0 1"), "EAGAIN", "it was held all the time");
}

/// A directory can have an OFD read lock and a `flock`.
///
/// - call: `fcntl(F_OFD_SETLK)`, edge
/// - source: fs/locks.c
/// - level: observed
#[test]
fn a_directory_can_have_an_ofd_read_lock_and_a_flock() {
    let scratch = scratch();
    std::fs::create_dir(scratch.path().join("directory")).unwrap();
    let mut a = actor(&scratch);
    a.does("open d read directory");
    a.does("open e read directory");
    a.does("F_OFD_SETLK d F_RDLCK 0 0");
    a.does("flock d LOCK_EX|LOCK_NB");
    assert_eq!(a.ask("flock e LOCK_EX|LOCK_NB"), "EAGAIN");
}
