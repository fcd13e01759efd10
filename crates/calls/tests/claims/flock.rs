//! `flock`.

use std::fs::{self, File};
use std::os::fd::OwnedFd;

use course::{errno, scratch};
use libc::{LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN};
use nix::errno::Errno;
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::actors::actors;
use crate::files::{new_file, pipe, reopened, socket};
use crate::locks::{flock, listed, lock_byte};

/// `flock` with `LOCK_UN` of a descriptor without a lock succeeds, and releases no other
/// descriptor's lock.
///
/// - call: `flock`, success
/// - source: flock(2), DESCRIPTION
/// - level: Linux
#[test]
fn flock_with_lock_un_of_a_descriptor_without_a_lock_succeeds_and_releases_no_other_descriptors_lock()
 {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    let other = reopened(&file, File::options().read(true)).unwrap();
    flock(&other, LOCK_UN).unwrap();
    flock(&file, LOCK_EX).unwrap();
    flock(&other, LOCK_UN).unwrap();
    assert_eq!(errno(flock(&other, LOCK_SH | LOCK_NB)), Errno::EWOULDBLOCK);
}

/// An exclusive `flock` that becomes shared lets other shared locks in and keeps exclusive ones
/// out.
///
/// - call: `flock`, success
/// - source: flock(2), DESCRIPTION
/// - level: Linux
#[test]
fn an_exclusive_flock_that_becomes_shared_lets_other_shared_locks_in_and_keeps_exclusive_ones_out()
{
    let scratch = scratch();
    let [mut holder, mut reader, mut writer] = actors(&scratch);
    holder.does("flock d LOCK_EX");
    assert_eq!(reader.ask("flock d LOCK_SH|LOCK_NB"), "EAGAIN");
    holder.does("flock d LOCK_SH");
    reader.does("flock d LOCK_SH|LOCK_NB");
    assert_eq!(writer.ask("flock d LOCK_EX|LOCK_NB"), "EAGAIN");
    reader.does("flock d LOCK_UN");
    assert_eq!(writer.ask("flock d LOCK_EX|LOCK_NB"), "EAGAIN", "the first one is still shared");
    holder.does("flock d LOCK_UN");
    writer.does("flock d LOCK_EX|LOCK_NB");
}

/// A process that waits for a shared `flock` goes on when the exclusive one becomes shared.
///
/// - call: `flock`, success
/// - source: flock(2), DESCRIPTION
/// - level: Linux
#[test]
fn a_process_that_waits_for_a_shared_flock_goes_on_when_the_exclusive_one_becomes_shared() {
    let scratch = scratch();
    let [mut holder, mut reader] = actors(&scratch);
    holder.does("flock d LOCK_EX");
    reader.waits("flock d LOCK_SH");
    holder.does("flock d LOCK_SH");
    assert_eq!(reader.hear(), "ok");
    assert_eq!(holder.ask("locks d"), "READ 0 EOF");
    assert_eq!(reader.ask("locks d"), "READ 0 EOF");
}

/// `flock` changes the type of the lock through a duplicate of the descriptor too.
///
/// - call: `flock`, success
/// - source: flock(2), DESCRIPTION
/// - level: Linux
#[test]
fn flock_changes_the_type_of_the_lock_through_a_duplicate_of_the_descriptor_too() {
    let scratch = scratch();
    let [mut holder, mut other] = actors(&scratch);
    holder.does("duplicate d copy");
    holder.does("flock d LOCK_SH");
    holder.does("flock copy LOCK_EX|LOCK_NB");
    assert_eq!(holder.ask("locks d"), "WRITE 0 EOF", "one lock, and it is exclusive");
    assert_eq!(other.ask("flock d LOCK_SH|LOCK_NB"), "EAGAIN");
    holder.does("flock copy LOCK_SH");
    assert_eq!(holder.ask("locks d"), "READ 0 EOF");
    other.does("flock d LOCK_SH|LOCK_NB");
}

/// `flock` waits where one of the two locks is exclusive, and does not wait where both are shared.
///
/// - call: `flock`, success
/// - source: flock(2), DESCRIPTION
/// - level: Linux
#[test]
fn flock_waits_where_one_of_the_two_locks_is_exclusive_and_does_not_wait_where_both_are_shared() {
    let scratch = scratch();
    let [mut holder, mut next] = actors(&scratch);
    for (held, wanted) in [("LOCK_EX", "LOCK_EX"), ("LOCK_SH", "LOCK_EX"), ("LOCK_EX", "LOCK_SH")] {
        holder.does(&format!("flock d {held}"));
        next.waits(&format!("flock d {wanted}"));
        holder.does("flock d LOCK_UN");
        assert_eq!(next.hear(), "ok", "{held} {wanted}");
        next.does("flock d LOCK_UN");
    }
    holder.does("flock d LOCK_SH");
    next.does("flock d LOCK_SH");
    assert_eq!(holder.ask("flock d LOCK_EX|LOCK_NB"), "EAGAIN", "both hold one");
}

/// A `flock` of one end of a pipe conflicts with that of the other end, and two opens of a memfd or
/// of a file of `/proc` conflict, too.
///
/// - call: `flock`, edge
/// - source: flock(2), DESCRIPTION; fs/locks.c, flock
/// - level: observed
#[test]
fn a_flock_of_one_end_of_a_pipe_conflicts_with_that_of_the_other_end_and_two_opens_of_a_memfd_or_of_a_file_of_proc_conflict_too()
 {
    let memfd: File = OwnedFd::into(memfd_create("locked", MFdFlags::MFD_CLOEXEC).unwrap());
    let again = reopened(&memfd, File::options().read(true)).unwrap();
    let status = || File::open("/proc/self/status").unwrap();
    for (what, (one, other)) in
        [("pipe", pipe()), ("memfd", (memfd, again)), ("proc", (status(), status()))]
    {
        flock(&one, LOCK_EX).unwrap();
        assert_eq!(errno(flock(&other, LOCK_SH | LOCK_NB)), Errno::EWOULDBLOCK, "{what}");
        flock(&one, LOCK_UN).unwrap();
        flock(&other, LOCK_EX | LOCK_NB).unwrap();
    }
}

/// A socket can have a `flock`.
///
/// - call: `flock`, edge
/// - source: flock(2), DESCRIPTION; fs/locks.c, flock
/// - level: observed
#[test]
fn a_socket_can_have_a_flock() {
    let socket = socket();
    flock(&socket, LOCK_EX).unwrap();
    assert_eq!(listed(&socket), ["FLOCK WRITE"]);
    flock(&socket, LOCK_UN).unwrap();
    assert!(listed(&socket).is_empty());
}

/// A record lock or an OFD lock on a file does not stop a `flock` of it.
///
/// - call: `flock`, edge
/// - source: flock(2), NOTES
/// - level: Linux (on local file systems)
#[test]
fn a_record_lock_or_an_ofd_lock_on_a_file_does_not_stop_a_flock_of_it() {
    let scratch = scratch();
    let [mut first, mut second] = actors(&scratch);
    for command in ["F_SETLK", "F_OFD_SETLK"] {
        first.does(&format!("{command} d F_WRLCK 0 0"));
        assert_eq!(second.ask(&format!("{command} d F_WRLCK 0 0")), "EAGAIN");
        second.does("flock d LOCK_EX|LOCK_NB");
        first.does(&format!("{command} d F_UNLCK 0 0"));
        second.does("flock d LOCK_UN");
    }
}

/// `/proc/locks` lists a `flock` as `FLOCK ADVISORY`, with the process that called it, and the
/// whole file.
///
/// - call: `flock`, edge
/// - source: proc_locks(5); fs/locks.c, lock_get_status
/// - level: Linux
#[test]
fn proc_locks_lists_a_flock_as_flock_advisory_with_the_process_that_called_it_and_the_whole_file() {
    let scratch = scratch();
    let [mut holder, mut other] = actors(&scratch);
    let id = holder.id().to_string();
    let of_the_holder = || {
        let text = fs::read_to_string("/proc/locks").unwrap();
        // Without its number. If locks come and go while the file is read, a line may come twice.
        let words = |line: &str| line.split_whitespace().skip(1).map(str::to_owned).collect();
        let lines = text.lines().map(words);
        let of_holder = |words: &Vec<String>| words.get(3) == Some(&id);
        let mut lines: Vec<Vec<String>> = lines.filter(of_holder).collect();
        lines.dedup();
        lines
    };
    assert!(of_the_holder().is_empty());
    holder.does("flock d LOCK_EX");
    let found = of_the_holder();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0][..4], ["FLOCK", "ADVISORY", "WRITE", id.as_str()]);
    assert_eq!(found[0][5..], ["0", "EOF"]);
    assert_eq!(other.ask("flock d LOCK_SH|LOCK_NB"), "EAGAIN");
}

/// A `flock` and a record lock of one process on one file are two locks, and `/proc/PID/fdinfo`
/// lists both.
///
/// - call: `flock`, edge
/// - source: flock(2), NOTES; proc_pid_fdinfo(5)
/// - level: Linux (on local file systems)
#[test]
fn a_flock_and_a_record_lock_of_one_process_on_one_file_are_two_locks_and_proc_pid_fdinfo_lists_both()
 {
    let scratch = scratch();
    let file = new_file(&scratch, "file", 1);
    flock(&file, LOCK_EX).unwrap();
    lock_byte(&file, "F_SETLK", libc::F_RDLCK, 0).unwrap();
    let mut both = listed(&file);
    both.sort();
    assert_eq!(both, ["FLOCK WRITE", "POSIX READ"]);
    flock(&file, LOCK_UN).unwrap();
    assert_eq!(listed(&file), ["POSIX READ"]);
}
