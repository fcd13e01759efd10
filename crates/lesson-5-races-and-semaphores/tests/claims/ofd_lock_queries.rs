//! What the kernel reports of OFD locks.

use course::{kernel_at_least, scratch};

use crate::lock_actors::two;

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
/// - level: observed (since Linux 6.6; before, `EINVAL`)
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
