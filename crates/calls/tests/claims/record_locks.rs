//! `fcntl(F_SETLK)`, `fcntl(F_SETLKW)` and `fcntl(F_GETLK)`.

use std::fs::File;
use std::os::fd::OwnedFd;

use course::{errno, scratch};
use nix::errno::Errno;
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::actors::{actors, in_a_pid_namespace};
use crate::files::{pipe, socket};
use crate::locks::{listed, lock_byte};

/// Processes that wait for different bytes of one record lock go on one by one, as their bytes are
/// unlocked.
///
/// - call: `fcntl(F_SETLK)`, success
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn processes_that_wait_for_different_bytes_of_one_record_lock_go_on_one_by_one_as_their_bytes_are_unlocked()
 {
    let scratch = scratch();
    let [mut holder, mut front, mut back] = actors(&scratch);
    holder.does("F_SETLK d F_WRLCK 0 10");
    front.waits("F_SETLKW d F_WRLCK 0 5");
    back.waits("F_SETLKW d F_WRLCK 5 5");
    holder.does("F_SETLK d F_UNLCK 5 5");
    assert_eq!(back.hear(), "ok");
    let in_the_way = back.ask("F_GETLK d F_WRLCK 0 5");
    assert_eq!(in_the_way, format!("F_WRLCK SEEK_SET 0 5 {}", holder.id()), "front has none yet");
    holder.does("F_SETLK d F_UNLCK 0 5");
    assert_eq!(front.hear(), "ok");
    let in_the_way = back.ask("F_GETLK d F_WRLCK 0 5");
    assert_eq!(in_the_way, format!("F_WRLCK SEEK_SET 0 5 {}", front.id()));
}

/// `F_SETLKW` waits where one of the two locks is a write lock, and does not wait where both are
/// read locks.
///
/// - call: `fcntl(F_SETLK)`, success
/// - source: fcntl(2), Advisory record locking
/// - level: POSIX
#[test]
fn f_setlkw_waits_where_one_of_the_two_locks_is_a_write_lock_and_does_not_wait_where_both_are_read_locks()
 {
    let scratch = scratch();
    let [mut holder, mut next] = actors(&scratch);
    for (held, wanted) in [("F_WRLCK", "F_WRLCK"), ("F_RDLCK", "F_WRLCK"), ("F_WRLCK", "F_RDLCK")] {
        holder.does(&format!("F_SETLK d {held} 0 0"));
        next.waits(&format!("F_SETLKW d {wanted} 0 0"));
        holder.does("F_SETLK d F_UNLCK 0 0");
        assert_eq!(next.hear(), "ok", "{held} {wanted}");
        next.does("F_SETLK d F_UNLCK 0 0");
    }
    holder.does("F_SETLK d F_RDLCK 0 0");
    next.does("F_SETLKW d F_RDLCK 0 0");
    assert_eq!(holder.ask("F_SETLK d F_WRLCK 0 0"), "EAGAIN", "both hold one");
}

/// `F_GETLK` for a read lock reports only another process's write lock, and for a write lock any
/// lock.
///
/// - call: `fcntl(F_GETLK)`, success
/// - source: fcntl(2), Advisory record locking (`F_GETLK`)
/// - level: POSIX
#[test]
fn f_getlk_for_a_read_lock_reports_only_another_processs_write_lock_and_for_a_write_lock_any_lock()
{
    let scratch = scratch();
    let [mut holder, mut asks] = actors(&scratch);
    let id = holder.id();
    for (held, asked, answer) in [
        ("F_RDLCK", "F_RDLCK", "F_UNLCK SEEK_SET 0 10 0".to_owned()),
        ("F_RDLCK", "F_WRLCK", format!("F_RDLCK SEEK_SET 2 3 {id}")),
        ("F_WRLCK", "F_RDLCK", format!("F_WRLCK SEEK_SET 2 3 {id}")),
        ("F_WRLCK", "F_WRLCK", format!("F_WRLCK SEEK_SET 2 3 {id}")),
    ] {
        holder.does(&format!("F_SETLK d {held} 2 3"));
        assert_eq!(asks.ask(&format!("F_GETLK d {asked} 0 10")), answer, "{held} {asked}");
    }
}

/// A directory can have a record read lock, and a record write lock on a directory fails with
/// `EBADF`.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Advisory record locking; fs/locks.c, fcntl_setlk
/// - level: observed
#[test]
fn a_directory_can_have_a_record_read_lock_and_a_record_write_lock_on_a_directory_fails_with_ebadf()
{
    let scratch = scratch();
    let directory = File::open(scratch.path()).unwrap();
    lock_byte(&directory, "F_SETLK", libc::F_RDLCK, 0).unwrap();
    assert_eq!(listed(&directory), ["POSIX READ"]);
    assert_eq!(errno(lock_byte(&directory, "F_SETLK", libc::F_WRLCK, 0)), Errno::EBADF);
    lock_byte(&directory, "F_SETLK", libc::F_UNLCK, 0).unwrap();
    assert!(listed(&directory).is_empty());
}

/// The read end of a pipe takes read locks and its write end takes write locks, and the two
/// conflict.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Advisory record locking; fs/locks.c, fcntl_setlk
/// - level: observed
#[test]
fn the_read_end_of_a_pipe_takes_read_locks_and_its_write_end_takes_write_locks_and_the_two_conflict()
 {
    let (from, to) = pipe();
    assert_eq!(errno(lock_byte(&from, "F_SETLK", libc::F_WRLCK, 0)), Errno::EBADF);
    assert_eq!(errno(lock_byte(&to, "F_SETLK", libc::F_RDLCK, 0)), Errno::EBADF);
    lock_byte(&from, "F_SETLK", libc::F_RDLCK, 0).unwrap();
    assert_eq!(listed(&from), ["POSIX READ"]);
    // A lock of an open file description conflicts with one of a process, even in this process.
    assert_eq!(errno(lock_byte(&to, "F_OFD_SETLK", libc::F_WRLCK, 0)), Errno::EAGAIN);
    lock_byte(&from, "F_SETLK", libc::F_UNLCK, 0).unwrap();
    lock_byte(&to, "F_OFD_SETLK", libc::F_WRLCK, 0).unwrap();
    assert_eq!(errno(lock_byte(&from, "F_SETLK", libc::F_RDLCK, 0)), Errno::EAGAIN);
}

/// A socket, a memfd, a character device and a file of `/proc` can have record locks.
///
/// - call: `fcntl(F_SETLK)`, edge
/// - source: fcntl(2), Advisory record locking; fs/locks.c, fcntl_setlk
/// - level: observed
#[test]
fn a_socket_a_memfd_a_character_device_and_a_file_of_proc_can_have_record_locks() {
    let opened = |path| File::options().read(true).write(true).open(path).unwrap();
    let memfd: File = OwnedFd::into(memfd_create("locked", MFdFlags::MFD_CLOEXEC).unwrap());
    let byte = std::process::id().into(); // Other programs might lock the device, too.
    for (what, file) in [
        ("socket", socket()),
        ("memfd", memfd),
        ("device", opened("/dev/full")),
        ("comm", opened("/proc/self/comm")),
    ] {
        lock_byte(&file, "F_SETLK", libc::F_WRLCK, byte).unwrap();
        assert_eq!(
            errno(lock_byte(&file, "F_OFD_SETLK", libc::F_RDLCK, byte)),
            Errno::EAGAIN,
            "{what}"
        );
        lock_byte(&file, "F_SETLK", libc::F_UNLCK, byte).unwrap();
        lock_byte(&file, "F_OFD_SETLK", libc::F_RDLCK, byte).unwrap();
        lock_byte(&file, "F_OFD_SETLK", libc::F_UNLCK, byte).unwrap();
    }
}

/// A file that another process has mapped shared can be locked.
///
/// - call: `fcntl(F_SETLK)`, success
/// - source: fcntl(2), ERRORS
/// - level: Linux
/// - manual says: fcntl(2): `F_SETLK` may fail with `EAGAIN` if another process has mapped the file.
#[test]
fn a_file_that_another_process_has_mapped_shared_can_be_locked() {
    let scratch = scratch();
    let [mut maps, mut locks, mut other] = actors(&scratch);
    maps.does("map d");
    maps.does("store d AB");
    locks.does("F_SETLK d F_WRLCK 0 0");
    assert_eq!(other.ask("F_SETLK d F_RDLCK 0 0"), "EAGAIN", "it is locked");
    maps.does("store d CD");
    assert_eq!(other.ask("pread d 3"), "CD2");
}

/// `F_GETLK` gives process 0 for a lock whose owner is outside of the caller's PID namespace.
///
/// - call: `fcntl(F_GETLK)`, edge
/// - source: fcntl(2), Advisory record locking (`F_GETLK`); fs/locks.c, locks_translate_pid
/// - level: observed
#[test]
#[ignore = "needs root: makes a PID namespace"]
fn f_getlk_gives_process_0_for_a_lock_whose_owner_is_outside_of_the_callers_pid_namespace() {
    assert!(course::is_root(), "run this as root");
    let scratch = scratch();
    let [mut outside] = actors(&scratch);
    let mut inside = in_a_pid_namespace(&scratch);
    assert_eq!(inside.ask("id"), "1");
    inside.does("open d both file");
    outside.does("F_SETLK d F_WRLCK 0 5");
    assert_eq!(inside.ask("F_GETLK d F_WRLCK 0 0"), "F_WRLCK SEEK_SET 0 5 0");
    outside.does("F_SETLK d F_UNLCK 0 0");
    inside.does("F_SETLK d F_WRLCK 0 5");
    let seen = outside.ask("F_GETLK d F_WRLCK 0 0");
    let id: u32 = seen.strip_prefix("F_WRLCK SEEK_SET 0 5 ").unwrap().parse().unwrap();
    assert!(id > 1, "the owner's id in the caller's namespace: {seen}");
}
