//! Errors that `fcntl(2)` and `lockf(3)` give for a record lock; `deadlock.rs` has `EDEADLK`.

use course::scratch;
use nix::sys::signal::Signal;

use crate::lock_actors::{actor, file, two};

/// `F_SETLK` on bytes that another process has locked fails with `EAGAIN`.
///
/// - call: `fcntl(F_SETLK)`, error
/// - source: fcntl(2), ERRORS
/// - level: Linux (POSIX: `EACCES` or `EAGAIN`)
#[test]
fn f_setlk_on_bytes_that_another_process_has_locked_fails_with_eagain() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 5 1");
    assert_eq!(b.ask("F_SETLK d F_WRLCK 0 10"), "EAGAIN");
    assert_eq!(b.ask("locks d"), "", "not even the free bytes are locked");
}

/// A record lock on a closed descriptor fails with `EBADF`.
///
/// - call: `fcntl(F_SETLK)`, error
/// - source: fcntl(2), ERRORS
/// - level: POSIX
#[test]
fn a_record_lock_on_a_closed_descriptor_fails_with_ebadf() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("F_SETLK 999 F_WRLCK 0 0"), "EBADF");
    assert_eq!(a.ask("F_SETLK -1 F_WRLCK 0 0"), "EBADF");
    assert_eq!(a.ask("F_GETLK -1 F_WRLCK 0 0"), "EBADF");
    a.does("F_SETLK d F_WRLCK 0 0");
}

/// A record lock on an `O_PATH` descriptor fails with `EBADF`.
///
/// - call: `fcntl(F_SETLK)`, error
/// - source: open(2), DESCRIPTION (O_PATH)
/// - level: Linux
#[test]
fn a_record_lock_on_an_o_path_descriptor_fails_with_ebadf() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("open p path file");
    assert_eq!(a.ask("F_SETLK p F_RDLCK 0 0"), "EBADF");
}

/// A read lock on a descriptor not open for reading fails with `EBADF`.
///
/// - call: `fcntl(F_SETLK)`, error
/// - source: fcntl(2), ERRORS
/// - level: POSIX
#[test]
fn a_read_lock_on_a_descriptor_not_open_for_reading_fails_with_ebadf() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("open w write file");
    assert_eq!(a.ask("F_SETLK w F_RDLCK 0 0"), "EBADF");
    a.does("F_SETLK w F_WRLCK 0 0");
}

/// A write lock on a descriptor not open for writing fails with `EBADF`.
///
/// - call: `fcntl(F_SETLK)`, error
/// - source: fcntl(2), ERRORS
/// - level: POSIX
#[test]
fn a_write_lock_on_a_descriptor_not_open_for_writing_fails_with_ebadf() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("open r read file");
    assert_eq!(a.ask("F_SETLK r F_WRLCK 0 0"), "EBADF");
    a.does("F_SETLK r F_RDLCK 0 0");
}

/// `F_GETLK` works with a descriptor of any access mode.
///
/// - call: `fcntl(F_GETLK)`, success
/// - source: fs/locks.c, fcntl_getlk
/// - level: observed
#[test]
fn f_getlk_works_with_a_descriptor_of_any_access_mode() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_RDLCK 0 10");
    b.does("open r read file");
    let expected = format!("F_RDLCK SEEK_SET 0 10 {}", a.id());
    assert_eq!(b.ask("F_GETLK r F_WRLCK 0 0"), expected);
    a.does("F_SETLK d F_WRLCK 0 10");
    b.does("open w write file");
    let expected = format!("F_WRLCK SEEK_SET 0 10 {}", a.id());
    assert_eq!(b.ask("F_GETLK w F_RDLCK 0 0"), expected);
}

/// A record lock call with an unmapped address fails with `EFAULT`.
///
/// - call: `fcntl(F_SETLK)`, error
/// - source: fcntl(2), ERRORS
/// - level: Linux
#[test]
fn a_record_lock_call_with_an_unmapped_address_fails_with_efault() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("F_SETLK d NULL"), "EFAULT");
    assert_eq!(a.ask("F_SETLKW d NULL"), "EFAULT");
    assert_eq!(a.ask("F_GETLK d NULL"), "EFAULT");
    a.does("F_SETLK d F_WRLCK 0 0");
}

/// A handler without `SA_RESTART` ends the wait for a record lock with `EINTR`.
///
/// - call: `fcntl(F_SETLK)`, error
/// - source: fcntl(2), ERRORS
/// - level: POSIX
#[test]
fn a_handler_without_sa_restart_ends_the_wait_for_a_record_lock_with_eintr() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    b.does("handle-sigusr1 interrupt");
    b.waits("F_SETLKW d F_WRLCK 0 10");
    b.signal(Signal::SIGUSR1);
    assert_eq!(b.hear(), "handled");
    assert_eq!(b.hear(), "EINTR");
    assert_eq!(b.ask("locks d"), "");
}

/// After a handler with `SA_RESTART`, the wait for a record lock goes on.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: signal(7), Interruption of system calls
/// - level: Linux
/// - manual says: fcntl(2): a signal that is caught ends the wait for a lock with `EINTR`.
#[test]
fn after_a_handler_with_sa_restart_the_wait_for_a_record_lock_goes_on() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_SETLK d F_WRLCK 0 10");
    b.does("handle-sigusr1 restart");
    b.waits("F_SETLKW d F_WRLCK 0 10");
    b.signal(Signal::SIGUSR1);
    assert_eq!(b.hear(), "handled");
    b.until_waiting("F_SETLKW");
    a.does("F_SETLK d F_UNLCK 0 10");
    assert_eq!(b.hear(), "ok");
}

/// An unknown `fcntl` command fails with `EINVAL`.
///
/// - call: `fcntl`, error
/// - source: fcntl(2), ERRORS
/// - level: Linux
#[test]
fn an_unknown_fcntl_command_fails_with_einval() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("F_NO_SUCH_COMMAND d F_WRLCK 0 0"), "EINVAL");
    a.does("F_SETLK d F_WRLCK 0 0");
}

/// A record lock of an unknown type fails with `EINVAL`.
///
/// - call: `fcntl(F_SETLK)`, error
/// - source: fs/locks.c, assign_type
/// - level: observed (POSIX says `EINVAL`, too)
#[test]
fn a_record_lock_of_an_unknown_type_fails_with_einval() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("F_SETLK d 77 0 0"), "EINVAL");
    assert_eq!(a.ask("F_GETLK d 77 0 0"), "EINVAL");
    a.does("F_SETLK d F_WRLCK 0 0");
}

/// A record lock with an unknown whence fails with `EINVAL`.
///
/// - call: `fcntl(F_SETLK)`, error
/// - source: fs/locks.c, flock_to_posix_lock
/// - level: observed (POSIX says `EINVAL`, too)
#[test]
fn a_record_lock_with_an_unknown_whence_fails_with_einval() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("F_SETLK d F_WRLCK 0 0 99"), "EINVAL");
    assert_eq!(a.ask("F_SETLK d F_WRLCK 0 0 SEEK_SET"), "ok");
}

/// A record lock before byte 0 fails with `EINVAL`.
///
/// - call: `fcntl(F_SETLK)`, error
/// - source: fs/locks.c, flock_to_posix_lock
/// - level: observed (POSIX says `EINVAL`, too)
#[test]
fn a_record_lock_before_byte_0_fails_with_einval() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("F_SETLK d F_WRLCK -1 1"), "EINVAL");
    assert_eq!(a.ask("F_SETLK d F_WRLCK 5 -6"), "EINVAL");
    assert_eq!(a.ask("F_SETLK d F_WRLCK -11 1 SEEK_END"), "EINVAL");
    a.does("F_SETLK d F_WRLCK 5 -5");
}

/// `F_GETLK` with `F_UNLCK` fails with `EINVAL`.
///
/// - call: `fcntl(F_GETLK)`, error
/// - source: fs/locks.c, fcntl_getlk
/// - level: observed
#[test]
fn f_getlk_with_f_unlck_fails_with_einval() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("F_GETLK d F_UNLCK 0 0"), "EINVAL");
    assert!(a.ask("F_GETLK d F_RDLCK 0 0").starts_with("F_UNLCK"), "a read lock would be free");
}

/// A record lock past the largest offset fails with `EOVERFLOW`.
///
/// - call: `fcntl(F_SETLK)`, error
/// - source: fs/locks.c, flock_to_posix_lock
/// - level: observed (POSIX says `EOVERFLOW`, too)
/// - manual says: fcntl(2): `EOVERFLOW` is not listed.
#[test]
fn a_record_lock_past_the_largest_offset_fails_with_eoverflow() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    let largest = libc::off_t::MAX;
    assert_eq!(a.ask(&format!("F_SETLK d F_WRLCK {largest} 2")), "EOVERFLOW");
    assert_eq!(a.ask(&format!("F_SETLK d F_WRLCK {largest} 1 SEEK_END")), "EOVERFLOW");
    a.does(&format!("F_SETLK d F_WRLCK {largest} 1"));
}

/// `lockf` is a record lock that starts at the file offset.
///
/// - call: `lockf`, success
/// - source: lockf(3), DESCRIPTION
/// - level: Linux
#[test]
fn lockf_is_a_record_lock_that_starts_at_the_file_offset() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("seek d 4");
    a.does("lockf d F_TLOCK 3");
    assert_eq!(a.ask("locks d"), "WRITE 4 6");
    assert_eq!(b.ask("F_GETLK d F_RDLCK 0 0"), format!("F_WRLCK SEEK_SET 4 3 {}", a.id()));
    assert_eq!(b.ask("lockf d F_TLOCK 0"), "EAGAIN");
    a.does("lockf d F_ULOCK 3");
    assert_eq!(a.ask("locks d"), "");
}

/// `lockf` with `F_TEST` of locked bytes fails with `EACCES`.
///
/// - call: `lockf`, error
/// - source: lockf(3), ERRORS
/// - level: observed (glibc)
/// - manual says: lockf(3): on Linux, `F_TEST` of locked bytes fails with `EAGAIN`.
#[test]
fn lockf_with_f_test_of_locked_bytes_fails_with_eacces() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("lockf d F_LOCK 0");
    assert_eq!(b.ask("lockf d F_TEST 0"), "EACCES");
    a.does("lockf d F_TEST 0");
}

/// `lockf` with an unknown function fails with `EINVAL`.
///
/// - call: `lockf`, error
/// - source: lockf(3), ERRORS
/// - level: POSIX
#[test]
fn lockf_with_an_unknown_function_fails_with_einval() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("lockf d 99 0"), "EINVAL");
    a.does("lockf d F_TLOCK 0");
}

/// Locking by `lockf` on a descriptor not open for writing fails with `EBADF`.
///
/// - call: `lockf`, error
/// - source: lockf(3), ERRORS
/// - level: POSIX
#[test]
fn locking_by_lockf_on_a_descriptor_not_open_for_writing_fails_with_ebadf() {
    let scratch = scratch();
    file(&scratch);
    let mut a = actor(&scratch);
    a.does("open r read file");
    assert_eq!(a.ask("lockf r F_LOCK 0"), "EBADF");
    assert_eq!(a.ask("lockf r F_TLOCK 0"), "EBADF");
    a.does("lockf r F_TEST 0");
    a.does("lockf r F_ULOCK 0");
}

/// A handler without `SA_RESTART` ends `lockf` on locked bytes with `EINTR`.
///
/// - call: `lockf`, error
/// - source: lockf(3), ERRORS
/// - level: POSIX
#[test]
fn a_handler_without_sa_restart_ends_lockf_on_locked_bytes_with_eintr() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("lockf d F_LOCK 0");
    b.does("handle-sigusr1 interrupt");
    b.waits("lockf d F_LOCK 0");
    b.signal(Signal::SIGUSR1);
    assert_eq!(b.hear(), "handled");
    assert_eq!(b.hear(), "EINTR");
}
