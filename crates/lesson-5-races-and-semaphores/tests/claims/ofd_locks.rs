//! OFD locks: ranges of bytes, owned by an open file description.

use course::{kernel_at_least, scratch};
use nix::sys::signal::Signal;

use crate::lock_actors::{actor, two};

/// Several opens can hold an OFD read lock; a write lock excludes all others.
///
/// - call: `fcntl(F_OFD_SETLK)`, success
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Open file description locks
/// - level: POSIX
#[test]
fn several_opens_can_hold_an_ofd_read_lock_a_write_lock_excludes_all_others() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_RDLCK 0 10");
    b.does("F_OFD_SETLK d F_RDLCK 0 10");
    assert_eq!(a.ask("F_OFD_SETLK d F_WRLCK 0 10"), "EAGAIN");
    b.does("F_OFD_SETLK d F_UNLCK 0 10");
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    assert_eq!(b.ask("F_OFD_SETLK d F_RDLCK 0 10"), "EAGAIN");
}

/// Two opens in one process conflict: the second OFD lock fails with `EAGAIN`.
///
/// - call: `fcntl(F_OFD_SETLK)`, error
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Open file description locks
/// - level: POSIX (`EAGAIN`: Linux)
#[test]
fn two_opens_in_one_process_conflict_the_second_ofd_lock_fails_with_eagain() {
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

/// `F_GETLK` reports process -1 for an OFD lock.
///
/// - call: `fcntl(F_GETLK)`, success
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn f_getlk_reports_process_1_for_an_ofd_lock() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_WRLCK 2 3");
    assert_eq!(b.ask("F_GETLK d F_WRLCK 0 0"), "F_WRLCK SEEK_SET 2 3 -1");
    assert_eq!(b.ask("F_OFD_GETLK d F_WRLCK 0 0"), "F_WRLCK SEEK_SET 2 3 -1");
    a.does("F_OFD_SETLK d F_UNLCK 0 0");
    a.does("F_SETLK d F_WRLCK 2 3");
    let record = format!("F_WRLCK SEEK_SET 2 3 {}", a.id());
    assert_eq!(b.ask("F_OFD_GETLK d F_WRLCK 0 0"), record, "a record lock has one");
}

/// `F_OFD_GETLK` with `F_UNLCK` reports the open file description's own lock.
///
/// - call: `fcntl(F_OFD_GETLK)`, edge
/// - source: fs/locks.c, fcntl_getlk
/// - level: observed (Linux 6.18; `EINVAL` before 6.6)
#[test]
fn f_ofd_getlk_with_f_unlck_reports_the_open_file_descriptions_own_lock() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_WRLCK 2 3");
    if kernel_at_least(6, 6) {
        assert_eq!(a.ask("F_OFD_GETLK d F_UNLCK 0 0"), "F_WRLCK SEEK_SET 2 3 -1");
        assert_eq!(b.ask("F_OFD_GETLK d F_UNLCK 0 0"), "F_UNLCK SEEK_SET 0 0 0");
    } else {
        assert_eq!(a.ask("F_OFD_GETLK d F_UNLCK 0 0"), "EINVAL");
    }
}

/// If an OFD read lock cannot become a write lock, the process keeps the read lock.
///
/// - call: `fcntl(F_OFD_SETLK)`, edge
/// - source: fcntl(2), Open file description locks
/// - level: observed (Linux 6.18)
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

/// Unlocking the middle of an OFD lock leaves two locks.
///
/// - call: `fcntl(F_OFD_SETLK)`, edge
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Open file description locks
/// - level: POSIX
#[test]
fn unlocking_the_middle_of_an_ofd_lock_leaves_two_locks() {
    let scratch = scratch();
    let (mut a, _) = two(&scratch);
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    a.does("F_OFD_SETLK d F_UNLCK 4 2");
    assert_eq!(a.ask("locks d"), "WRITE 0 3, WRITE 6 9");
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

/// An OFD lock that the descriptor's access mode does not allow fails with `EBADF`.
///
/// - call: `fcntl(F_OFD_SETLK)`, error
/// - source: POSIX.1-2024, fcntl(); fcntl(2), ERRORS (names only F_SETLK and F_SETLKW)
/// - level: POSIX
/// - manual says: fcntl(2): `EBADF` is listed for `F_SETLK` and `F_SETLKW` only.
#[test]
fn an_ofd_lock_that_the_descriptors_access_mode_does_not_allow_fails_with_ebadf() {
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
/// - level: observed (Linux 6.18)
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
/// - level: observed (Linux 6.18)
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

/// `/proc/locks` lists an OFD lock with process -1.
///
/// - call: `/proc/locks`, success
/// - source: proc(5), /proc/locks
/// - level: Linux
#[test]
fn proc_locks_lists_an_ofd_lock_with_process_1() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    // A range that no other lock on this machine has.
    let first = (u64::from(std::process::id()) << 32) + 7;
    a.does(&format!("F_OFD_SETLK d F_WRLCK {first} 7"));
    let owner = |range: &str| {
        let all = std::fs::read_to_string("/proc/locks").unwrap();
        let line = all.lines().find(|line| line.ends_with(range)).expect(range).to_owned();
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        (words[1].clone(), words[4].clone())
    };
    let range = format!(" {first} {}", first + 6);
    assert_eq!(owner(&range), ("OFDLCK".into(), "-1".into()));
    b.does(&format!("F_SETLK d F_WRLCK {} 7", first + 7));
    let range = format!(" {} {}", first + 7, first + 13);
    assert_eq!(owner(&range), ("POSIX".into(), b.id()));
}

/// A directory can have an OFD read lock and a `flock`.
///
/// - call: `fcntl(F_OFD_SETLK)`, edge
/// - source: fs/locks.c
/// - level: observed (Linux 6.18)
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
