//! `flock(2)`: one lock on the whole file, owned by an open file description.

use std::fs;

use course::{kernel_at_least, scratch};
use nix::sys::signal::Signal;

use crate::lock_actors::{actor, two};

/// Several processes can hold a shared `flock`, and an exclusive `flock` excludes all others.
///
/// - call: `flock`, success
/// - source: flock(2), DESCRIPTION
/// - level: Linux
#[test]
fn several_processes_can_hold_a_shared_flock_and_an_exclusive_flock_excludes_all_others() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("flock d LOCK_SH");
    b.does("flock d LOCK_SH|LOCK_NB");
    b.does("flock d LOCK_UN");
    a.does("flock d LOCK_EX|LOCK_NB");
    assert_eq!(b.ask("flock d LOCK_SH|LOCK_NB"), "EAGAIN");
    assert_eq!(b.ask("flock d LOCK_EX|LOCK_NB"), "EAGAIN");
}

/// `flock` with `LOCK_NB` on a locked file fails with `EWOULDBLOCK`.
///
/// - call: `flock`, error
/// - source: flock(2), ERRORS
/// - level: Linux
#[test]
fn flock_with_lock_nb_on_a_locked_file_fails_with_ewouldblock() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    assert_eq!(libc::EWOULDBLOCK, libc::EAGAIN, "two names, one number");
    a.does("flock d LOCK_EX");
    assert_eq!(b.ask("flock d LOCK_EX|LOCK_NB"), "EAGAIN");
}

/// `flock` without `LOCK_NB` waits until the file is free.
///
/// - call: `flock`, success
/// - source: flock(2), DESCRIPTION
/// - level: Linux
#[test]
fn flock_without_lock_nb_waits_until_the_file_is_free() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("flock d LOCK_EX");
    b.waits("flock d LOCK_EX");
    a.does("flock d LOCK_UN");
    assert_eq!(b.hear(), "ok");
    assert_eq!(a.ask("flock d LOCK_SH|LOCK_NB"), "EAGAIN", "now it is b's");
}

/// `flock` on a closed or an `O_PATH` descriptor fails with `EBADF`.
///
/// - call: `flock`, error
/// - source: flock(2), ERRORS; open(2), DESCRIPTION (O_PATH)
/// - level: Linux
#[test]
fn flock_on_a_closed_or_an_o_path_descriptor_fails_with_ebadf() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("flock -1 LOCK_EX"), "EBADF");
    assert_eq!(a.ask("flock 999 LOCK_EX"), "EBADF");
    a.does("open p path file");
    assert_eq!(a.ask("flock p LOCK_SH"), "EBADF");
}

/// `flock` with an unknown operation fails with `EINVAL`.
///
/// - call: `flock`, error
/// - source: flock(2), ERRORS
/// - level: Linux
#[test]
fn flock_with_an_unknown_operation_fails_with_einval() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    for operation in ["0", "LOCK_NB", "LOCK_SH|LOCK_EX", "LOCK_EX|LOCK_UN", "16"] {
        assert_eq!(a.ask(&format!("flock d {operation}")), "EINVAL", "{operation}");
    }
}

/// `flock` with the old bit `LOCK_MAND` succeeds and does nothing.
///
/// - call: `flock`, edge
/// - source: fs/locks.c, sys_flock
/// - level: observed (since Linux 5.16; before, it makes a lock that conflicts with no other)
/// - manual says: flock(2): an invalid operation fails with `EINVAL`.
#[test]
fn flock_with_the_old_bit_lock_mand_succeeds_and_does_nothing() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    const LOCK_MAND: i32 = 32;
    a.does(&format!("flock d {LOCK_MAND}|LOCK_EX"));
    b.does("flock d LOCK_EX|LOCK_NB");
    b.does(&format!("flock d {LOCK_MAND}|LOCK_UN"));
    if kernel_at_least(5, 16) {
        assert_eq!(a.ask("locks d"), "");
        assert_eq!(a.ask("flock d LOCK_EX|LOCK_NB"), "EAGAIN", "b was told ok and has it still");
    } else {
        // A lock of its own kind, which conflicts with no other and takes the place of b's lock.
        assert_eq!(a.ask("locks d"), "NONE 0 EOF");
        a.does("flock d LOCK_EX|LOCK_NB");
    }
}

/// A handler without `SA_RESTART` ends the wait for a `flock` with `EINTR`.
///
/// - call: `flock`, error
/// - source: flock(2), ERRORS
/// - level: Linux
#[test]
fn a_handler_without_sa_restart_ends_the_wait_for_a_flock_with_eintr() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("flock d LOCK_EX");
    b.does("handle-sigusr1 interrupt");
    b.waits("flock d LOCK_EX");
    b.signal(Signal::SIGUSR1);
    assert_eq!(b.hear(), "handled");
    assert_eq!(b.hear(), "EINTR");
    assert_eq!(b.ask("locks d"), "");
}

/// After a handler with `SA_RESTART`, the wait for a `flock` goes on.
///
/// - call: `flock`, edge
/// - source: signal(7), Interruption of system calls
/// - level: Linux
#[test]
fn after_a_handler_with_sa_restart_the_wait_for_a_flock_goes_on() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("flock d LOCK_EX");
    b.does("handle-sigusr1 restart");
    b.waits("flock d LOCK_EX");
    b.signal(Signal::SIGUSR1);
    assert_eq!(b.hear(), "handled");
    b.until_waiting("flock");
    a.does("flock d LOCK_UN");
    assert_eq!(b.hear(), "ok");
}

/// `flock` works with a descriptor of any access mode.
///
/// - call: `flock`, success
/// - source: flock(2), DESCRIPTION
/// - level: Linux
#[test]
fn flock_works_with_a_descriptor_of_any_access_mode() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("open r read file");
    b.does("open w write file");
    a.does("flock r LOCK_EX");
    assert_eq!(b.ask("flock w LOCK_SH|LOCK_NB"), "EAGAIN");
    a.does("flock r LOCK_UN");
    b.does("flock w LOCK_SH|LOCK_NB");
    assert_eq!(a.ask("flock r LOCK_EX|LOCK_NB"), "EAGAIN");
}

/// Two `flock`s of one process conflict if the process has opened the file twice.
///
/// - call: `flock`, edge
/// - source: flock(2), DESCRIPTION
/// - level: Linux
#[test]
fn two_flock_s_of_one_process_conflict_if_the_process_has_opened_the_file_twice() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("open e both file");
    a.does("flock d LOCK_EX");
    assert_eq!(a.ask("flock e LOCK_EX|LOCK_NB"), "EAGAIN");
}

/// A `flock` of a file stops neither a record lock nor an OFD lock of another process.
///
/// - call: `flock`, edge
/// - source: flock(2), NOTES
/// - level: Linux (on local file systems)
#[test]
fn a_flock_of_a_file_stops_neither_a_record_lock_nor_an_ofd_lock_of_another_process() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("flock d LOCK_EX");
    b.does("F_SETLK d F_WRLCK 0 5");
    b.does("F_OFD_SETLK d F_WRLCK 5 5");
    assert!(a.ask("F_GETLK d F_WRLCK 0 0").starts_with("F_WRLCK"), "each other they do");
    b.does("F_OFD_SETLK d F_UNLCK 0 0");
    b.does("F_SETLK d F_UNLCK 0 0");
    assert!(b.ask("F_GETLK d F_WRLCK 0 0").starts_with("F_UNLCK"));
    assert_eq!(b.ask("flock d LOCK_EX|LOCK_NB"), "EAGAIN");
}

/// A failed change from a shared to an exclusive `flock` releases the shared `flock`.
///
/// - call: `flock`, edge
/// - source: flock(2), NOTES
/// - level: Linux
/// - tutorials say: If `flock` cannot make a shared lock exclusive, you keep the shared lock.
#[test]
fn a_failed_change_from_a_shared_to_an_exclusive_flock_releases_the_shared_flock() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("flock d LOCK_SH");
    b.does("flock d LOCK_SH");
    assert_eq!(a.ask("locks d"), "READ 0 EOF");
    assert_eq!(a.ask("flock d LOCK_EX|LOCK_NB"), "EAGAIN");
    assert_eq!(a.ask("locks d"), "");
    b.does("flock d LOCK_EX|LOCK_NB");
}

/// Two shared `flock`s that both become exclusive do not deadlock.
///
/// - call: `flock`, edge
/// - source: flock(2), NOTES
/// - level: Linux
#[test]
fn two_shared_flock_s_that_both_become_exclusive_do_not_deadlock() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("flock d LOCK_SH");
    b.does("flock d LOCK_SH");
    a.waits("flock d LOCK_EX");
    b.does("flock d LOCK_EX"); // B overtakes A, because A has given up its shared lock.
    assert_eq!(b.ask("locks d"), "WRITE 0 EOF");
    b.does("flock d LOCK_UN");
    assert_eq!(a.hear(), "ok");
}

/// No `flock` stops a store, a write or a truncation.
///
/// - call: `flock`, edge
/// - source: flock(2), NOTES
/// - level: Linux
#[test]
fn no_flock_stops_a_store_a_write_or_a_truncation() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("flock d LOCK_EX");
    b.does("map d");
    b.does("store d AB");
    assert_eq!(a.ask("pread d 10"), "AB23456789");
    b.does("pwrite d abc");
    assert_eq!(a.ask("pread d 10"), "abc3456789");
    b.does("truncate d 3");
    assert_eq!(fs::read(scratch.path().join("file")).unwrap(), b"abc");
    assert_eq!(b.ask("flock d LOCK_SH|LOCK_NB"), "EAGAIN", "it was held all the time");
}

/// Rust's `File::lock` is a `flock`.
///
/// - call: `flock`, edge
/// - source: std::fs::File::lock, Platform-specific behavior
/// - level: observed
#[test]
fn rusts_file_lock_is_a_flock() {
    let scratch = scratch();
    let (_, mut b) = two(&scratch);
    let mut a = actor(&scratch);
    a.does("open d both file");
    a.does("lock-by-std d");
    assert_eq!(b.ask("flock d LOCK_EX|LOCK_NB"), "EAGAIN");
    b.does("F_SETLK d F_WRLCK 0 0");
}
