//! Who shares an open file description lock, and what ends it.

use course::scratch;
use nix::sys::signal::Signal;

use crate::lock_actors::{after_close, two};

/// Closing another descriptor of the file keeps an OFD lock.
///
/// - call: `fcntl(F_OFD_SETLK)`, success
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Open file description locks
/// - level: POSIX
#[test]
fn closing_another_descriptor_of_the_file_keeps_an_ofd_lock() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    a.does("open e both file");
    a.does("close e");
    assert_eq!(b.ask("F_OFD_SETLK d F_WRLCK 0 10"), "EAGAIN");
}

/// Unless a mapping is left, an OFD lock ends with the last descriptor of its open file description.
///
/// - call: `fcntl(F_OFD_SETLK)`, success
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Open file description locks
/// - level: POSIX
#[test]
fn unless_a_mapping_is_left_an_ofd_lock_ends_with_the_last_descriptor_of_its_open_file_description()
{
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    a.does("duplicate d e");
    a.does("close d");
    assert_eq!(b.ask("F_OFD_SETLK d F_WRLCK 0 10"), "EAGAIN");
    a.does("close e");
    b.does("F_OFD_SETLK d F_WRLCK 0 10");
}

/// After `close`, mappings keep an OFD lock until the last `munmap`.
///
/// - call: `fcntl(F_OFD_SETLK)`, edge
/// - source: mm/vma.c (the mapping keeps the open file description); POSIX.1-2024, fcntl() (the
///   lock ends with the last descriptor)
/// - level: observed (not on overlayfs)
/// - holds: not on overlayfs
/// - tutorials say: After `mmap`, it does no harm to close the descriptor.
#[test]
fn after_close_mappings_keep_an_ofd_lock_until_the_last_munmap() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    a.does("map d");
    a.does("close d");
    assert_eq!(b.ask("F_OFD_SETLK d F_WRLCK 0 10"), after_close(&scratch));
    a.does("fork-a-child");
    a.does("unmap d");
    assert_eq!(b.ask("F_OFD_SETLK d F_WRLCK 0 10"), after_close(&scratch), "the child maps it");
    a.does("kill-the-child");
    b.does("F_OFD_SETLK d F_WRLCK 0 10");
}

/// A mapping made through another open of the file does not keep an OFD lock.
///
/// - call: `fcntl(F_OFD_SETLK)`, edge
/// - source: mm/vma.c (the mapping holds its own open file description)
/// - level: observed
#[test]
fn a_mapping_made_through_another_open_of_the_file_does_not_keep_an_ofd_lock() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("open e both file");
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    a.does("map e");
    a.does("close d");
    assert_eq!(b.ask("F_OFD_SETLK d F_WRLCK 0 10"), "ok");
}

/// A forked child shares its parent's OFD locks.
///
/// - call: `fcntl(F_OFD_SETLK)`, success
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Open file description locks
/// - level: POSIX
#[test]
fn a_forked_child_shares_its_parents_ofd_locks() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    a.does("forked F_OFD_SETLK d F_WRLCK 0 10");
    assert_eq!(b.ask("F_OFD_SETLK d F_WRLCK 0 10"), "EAGAIN", "the child's end changed nothing");
    a.does("forked F_OFD_SETLK d F_UNLCK 0 10");
    b.does("F_OFD_SETLK d F_WRLCK 0 10");
}

/// A forked child's descriptor keeps an OFD lock after the parent's `close`.
///
/// - call: `fcntl(F_OFD_SETLK)`, edge
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Open file description locks
/// - level: POSIX
#[test]
fn a_forked_childs_descriptor_keeps_an_ofd_lock_after_the_parents_close() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    a.does("fork-a-child");
    a.does("close d");
    assert_eq!(b.ask("F_OFD_SETLK d F_WRLCK 0 10"), "EAGAIN");
    a.does("kill-the-child");
    b.does("F_OFD_SETLK d F_WRLCK 0 10");
}

/// After the parent's death, a forked child keeps an OFD lock until the child unlocks or ends.
///
/// - call: `fcntl(F_OFD_SETLK)`, edge
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Open file description locks
/// - level: POSIX
#[test]
fn after_the_parents_death_a_forked_child_keeps_an_ofd_lock_until_the_child_unlocks_or_ends() {
    for unlocks in [true, false] {
        let scratch = scratch();
        let (mut a, mut b) = two(&scratch);
        a.does("F_OFD_SETLK d F_WRLCK 0 10");
        let child = a.ask("fork-an-heir F_OFD_SETLK d F_UNLCK 0 10");
        a.dies();
        assert_eq!(b.ask("F_OFD_SETLK d F_WRLCK 0 10"), "EAGAIN", "the child lives");
        b.waits("F_OFD_SETLKW d F_WRLCK 0 10");
        if unlocks {
            a.tell("now");
            assert_eq!(b.hear(), "ok");
            let exe = std::fs::read_link(format!("/proc/{child}/exe"));
            assert!(exe.is_ok(), "the child has unlocked, and lives on");
        } else {
            drop(a); // The end of its input ends the child.
            assert_eq!(b.hear(), "ok");
        }
    }
}

/// An OFD lock stays if one of the processes that share it is killed.
///
/// - call: `fcntl(F_OFD_SETLK)`, edge
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Open file description locks
/// - level: POSIX
#[test]
fn an_ofd_lock_stays_if_one_of_the_processes_that_share_it_is_killed() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    a.does("fork-a-child");
    a.does("kill-the-child");
    assert_eq!(b.ask("F_OFD_SETLK d F_WRLCK 0 10"), "EAGAIN");
}

/// An OFD lock survives `exec` unless `exec` closes the descriptor.
///
/// - call: `fcntl(F_OFD_SETLK)`, success
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Open file description locks; execve(2), DESCRIPTION
/// - level: POSIX
#[test]
fn an_ofd_lock_survives_exec_unless_exec_closes_the_descriptor() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    a.does("inherit d");
    a.does("open e both file"); // Close-on-exec, as everything that Rust opens.
    a.does("F_OFD_SETLK e F_WRLCK 20 10");
    a.does("exec");
    assert_eq!(b.ask("F_OFD_SETLK d F_WRLCK 0 10"), "EAGAIN", "inherited");
    b.does("F_OFD_SETLK d F_WRLCK 20 10");
}

/// An OFD lock ends when its only process is killed.
///
/// - call: `fcntl(F_OFD_SETLK)`, success
/// - source: POSIX.1-2024, fcntl(); fcntl(2), Open file description locks
/// - level: POSIX
#[test]
fn an_ofd_lock_ends_when_its_only_process_is_killed() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("F_OFD_SETLK d F_WRLCK 0 10");
    b.waits("F_OFD_SETLKW d F_WRLCK 0 10");
    assert_eq!(a.kill().signal, Some(Signal::SIGKILL));
    assert_eq!(b.hear(), "ok");
}
