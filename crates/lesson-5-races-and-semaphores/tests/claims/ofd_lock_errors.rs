//! The errors of the calls for OFD locks, and the signals that end a wait for one.

use course::scratch;
use nix::sys::signal::Signal;

use crate::lock_actors::two;

/// An OFD lock with an `l_pid` other than 0 fails with `EINVAL`.
///
/// - call: `fcntl(F_OFD_SETLK)`, error
/// - source: fcntl(2), ERRORS
/// - level: Linux
#[test]
fn an_ofd_lock_with_an_l_pid_other_than_0_fails_with_einval() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("F_OFD_SETLK d F_WRLCK 0 0 SEEK_SET 1"), "EINVAL");
    assert_eq!(a.ask("F_OFD_SETLKW d F_WRLCK 0 0 SEEK_SET 1"), "EINVAL");
    assert_eq!(a.ask("F_OFD_GETLK d F_WRLCK 0 0 SEEK_SET 1"), "EINVAL");
    a.does("F_OFD_SETLK d F_WRLCK 0 0 SEEK_SET 0");
    a.does("F_OFD_SETLK d F_UNLCK 0 0");
    a.does("F_SETLK d F_WRLCK 0 0 SEEK_SET 1"); // A record lock ignores it.
}

/// An OFD lock on a closed or an `O_PATH` descriptor fails with `EBADF`.
///
/// - call: `fcntl(F_OFD_SETLK)`, error
/// - source: fcntl(2), ERRORS; open(2), DESCRIPTION (O_PATH)
/// - level: POSIX (`O_PATH`: Linux)
#[test]
fn an_ofd_lock_on_a_closed_or_an_o_path_descriptor_fails_with_ebadf() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("F_OFD_SETLK -1 F_WRLCK 0 0"), "EBADF");
    a.does("open p path file");
    assert_eq!(a.ask("F_OFD_SETLK p F_RDLCK 0 0"), "EBADF");
}

/// An OFD write lock on a descriptor not open for writing fails with `EBADF`, and so does an OFD
/// read lock on one not open for reading.
///
/// - call: `fcntl(F_OFD_SETLK)`, error
/// - source: POSIX.1-2024, fcntl(); fcntl(2), ERRORS (names only F_SETLK and F_SETLKW)
/// - level: POSIX
/// - manual says: fcntl(2): `EBADF` is listed for `F_SETLK` and `F_SETLKW` only.
#[test]
fn an_ofd_write_lock_on_a_descriptor_not_open_for_writing_fails_with_ebadf_and_so_does_an_ofd_read_lock_on_one_not_open_for_reading()
 {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("open r read file");
    a.does("open w write file");
    assert_eq!(a.ask("F_OFD_SETLK r F_WRLCK 0 0"), "EBADF");
    assert_eq!(a.ask("F_OFD_SETLK w F_RDLCK 0 0"), "EBADF");
    a.does("F_OFD_SETLK r F_RDLCK 0 1");
    a.does("F_OFD_SETLK w F_WRLCK 1 1");
}

/// An OFD lock with an unknown type or whence, or before byte 0, fails with `EINVAL`.
///
/// - call: `fcntl(F_OFD_SETLK)`, error
/// - source: fs/locks.c, flock_to_posix_lock
/// - level: observed
#[test]
fn an_ofd_lock_with_an_unknown_type_or_whence_or_before_byte_0_fails_with_einval() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("F_OFD_SETLK d 77 0 0"), "EINVAL");
    assert_eq!(a.ask("F_OFD_SETLK d F_WRLCK 0 0 99"), "EINVAL");
    assert_eq!(a.ask("F_OFD_SETLK d F_WRLCK -1 1"), "EINVAL");
    a.does("F_OFD_SETLK d F_WRLCK 0 1");
}

/// An OFD lock past the largest offset fails with `EOVERFLOW`.
///
/// - call: `fcntl(F_OFD_SETLK)`, error
/// - source: fs/locks.c, flock_to_posix_lock
/// - level: observed
/// - manual says: fcntl(2): `EOVERFLOW` is not listed.
#[test]
fn an_ofd_lock_past_the_largest_offset_fails_with_eoverflow() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask(&format!("F_OFD_SETLK d F_WRLCK {} 2", libc::off_t::MAX)), "EOVERFLOW");
    a.does(&format!("F_OFD_SETLK d F_WRLCK {} 1", libc::off_t::MAX));
}

/// An OFD lock call with an unmapped address fails with `EFAULT`.
///
/// - call: `fcntl(F_OFD_SETLK)`, error
/// - source: fcntl(2), ERRORS
/// - level: Linux
#[test]
fn an_ofd_lock_call_with_an_unmapped_address_fails_with_efault() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    assert_eq!(a.ask("F_OFD_SETLK d NULL"), "EFAULT");
    assert_eq!(a.ask("F_OFD_GETLK d NULL"), "EFAULT");
    a.does("F_OFD_SETLK d F_WRLCK 0 0");
}

/// A handler without `SA_RESTART` ends the wait for an OFD lock with `EINTR`.
///
/// - call: `fcntl(F_OFD_SETLK)`, error
/// - source: fcntl(2), ERRORS
/// - level: Linux
#[test]
fn a_handler_without_sa_restart_ends_the_wait_for_an_ofd_lock_with_eintr() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    b.does("handle-sigusr1 interrupt");
    b.waits("F_OFD_SETLKW d F_WRLCK 0 10");
    b.signal(Signal::SIGUSR1);
    assert_eq!(b.hear(), "handled");
    assert_eq!(b.hear(), "EINTR");
}

/// After a handler with `SA_RESTART`, the wait for an OFD lock goes on.
///
/// - call: `fcntl(F_OFD_SETLK)`, edge
/// - source: signal(7), Interruption of system calls
/// - level: Linux
/// - manual says: fcntl(2): a signal that is caught ends the wait for a lock with `EINTR`.
#[test]
fn after_a_handler_with_sa_restart_the_wait_for_an_ofd_lock_goes_on() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    b.does("handle-sigusr1 restart");
    b.waits("F_OFD_SETLKW d F_WRLCK 0 10");
    b.signal(Signal::SIGUSR1);
    assert_eq!(b.hear(), "handled");
    b.until_waiting("F_OFD_SETLKW");
    a.does("F_OFD_SETLK d F_UNLCK 0 10");
    assert_eq!(b.hear(), "ok");
}
