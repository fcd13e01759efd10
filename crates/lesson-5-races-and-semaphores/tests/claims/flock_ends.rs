//! Who shares a `flock`, and what ends it.

use std::fs;

use course::scratch;
use nix::sys::signal::Signal;

use crate::lock_actors::{after_close, two};

/// Duplicates of a descriptor share its `flock`, and each can release it.
///
/// - call: `flock`, success
/// - source: flock(2), DESCRIPTION
/// - level: Linux
#[test]
fn duplicates_of_a_descriptor_share_its_flock_and_each_can_release_it() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("duplicate d e");
    a.does("flock d LOCK_EX");
    a.does("flock e LOCK_EX|LOCK_NB");
    assert_eq!(b.ask("flock d LOCK_EX|LOCK_NB"), "EAGAIN");
    a.does("flock e LOCK_UN");
    b.does("flock d LOCK_EX|LOCK_NB");
}

/// A forked child can release its parent's `flock`.
///
/// - call: `flock`, edge
/// - source: flock(2), DESCRIPTION
/// - level: Linux
#[test]
fn a_forked_child_can_release_its_parents_flock() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("flock d LOCK_EX");
    a.does("forked flock d LOCK_EX|LOCK_NB");
    assert_eq!(b.ask("flock d LOCK_EX|LOCK_NB"), "EAGAIN", "the child's end changed nothing");
    a.does("forked flock d LOCK_UN");
    b.does("flock d LOCK_EX|LOCK_NB");
}

/// A forked child's descriptor keeps a `flock` after the parent's `close`.
///
/// - call: `flock`, edge
/// - source: flock(2), DESCRIPTION
/// - level: Linux
#[test]
fn a_forked_childs_descriptor_keeps_a_flock_after_the_parents_close() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("flock d LOCK_EX");
    a.does("fork-a-child");
    a.does("close d");
    assert_eq!(b.ask("flock d LOCK_EX|LOCK_NB"), "EAGAIN");
    a.does("kill-the-child");
    b.does("flock d LOCK_EX|LOCK_NB");
}

/// Closing another descriptor of the file keeps a `flock`.
///
/// - call: `flock`, success
/// - source: flock(2), DESCRIPTION
/// - level: Linux
#[test]
fn closing_another_descriptor_of_the_file_keeps_a_flock() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("flock d LOCK_EX");
    a.does("open e both file");
    a.does("close e");
    assert_eq!(b.ask("flock d LOCK_EX|LOCK_NB"), "EAGAIN");
}

/// Unless a mapping is left, a `flock` ends with the last descriptor of its open file description.
///
/// - call: `flock`, success
/// - source: flock(2), DESCRIPTION
/// - level: Linux
#[test]
fn unless_a_mapping_is_left_a_flock_ends_with_the_last_descriptor_of_its_open_file_description() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("flock d LOCK_EX");
    a.does("duplicate d e");
    a.does("close d");
    assert_eq!(b.ask("flock d LOCK_EX|LOCK_NB"), "EAGAIN");
    a.does("close e");
    b.does("flock d LOCK_EX|LOCK_NB");
}

/// After `close`, mappings keep a `flock` until the last `munmap`.
///
/// - call: `flock`, edge
/// - source: mm/vma.c (the mapping keeps the open file description)
/// - level: observed (not on overlayfs)
/// - holds: not on overlayfs
/// - tutorials say: After `mmap`, it does no harm to close the descriptor.
#[test]
fn after_close_mappings_keep_a_flock_until_the_last_munmap() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("flock d LOCK_EX");
    a.does("map d");
    a.does("close d");
    assert_eq!(b.ask("flock d LOCK_EX|LOCK_NB"), after_close(&scratch));
    a.does("fork-a-child");
    a.does("unmap d");
    assert_eq!(b.ask("flock d LOCK_EX|LOCK_NB"), after_close(&scratch), "the child maps it");
    a.does("kill-the-child");
    b.does("flock d LOCK_EX|LOCK_NB");
}

/// A mapping made through another open of the file does not keep a `flock`.
///
/// - call: `flock`, edge
/// - source: mm/vma.c (the mapping holds its own open file description)
/// - level: observed
#[test]
fn a_mapping_made_through_another_open_of_the_file_does_not_keep_a_flock() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("open e both file");
    a.does("flock d LOCK_EX");
    a.does("map e");
    a.does("close d");
    assert_eq!(b.ask("flock d LOCK_EX|LOCK_NB"), "ok");
}

/// A read-only mapping keeps a `flock`, too.
///
/// - call: `flock`, edge
/// - source: mm/vma.c (the mapping keeps the open file description)
/// - level: observed (not on overlayfs)
/// - holds: not on overlayfs
#[test]
fn a_read_only_mapping_keeps_a_flock_too() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("open r read file");
    a.does("flock r LOCK_EX");
    a.does("map-read-only r");
    a.does("close r");
    assert_eq!(b.ask("flock d LOCK_EX|LOCK_NB"), after_close(&scratch));
    a.does("unmap r");
    b.does("flock d LOCK_EX|LOCK_NB");
}

/// A `flock` survives `exec` unless `exec` closes the descriptor.
///
/// - call: `flock`, success
/// - source: flock(2), DESCRIPTION; execve(2), DESCRIPTION
/// - level: Linux
#[test]
fn a_flock_survives_exec_unless_exec_closes_the_descriptor() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    fs::write(scratch.path().join("other"), "").unwrap();
    a.does("open e both other"); // Close-on-exec, as everything that Rust opens.
    b.does("open e both other");
    a.does("flock d LOCK_EX");
    a.does("flock e LOCK_EX");
    a.does("inherit d");
    a.does("exec");
    assert_eq!(b.ask("flock d LOCK_EX|LOCK_NB"), "EAGAIN", "inherited");
    b.does("flock e LOCK_EX|LOCK_NB");
}

/// A `flock` ends when its only process is killed.
///
/// - call: `flock`, success
/// - source: flock(2), DESCRIPTION
/// - level: Linux
#[test]
fn a_flock_ends_when_its_only_process_is_killed() {
    let scratch = scratch();
    let (mut a, mut b) = two(&scratch);
    a.does("flock d LOCK_EX");
    b.waits("flock d LOCK_EX");
    assert_eq!(a.kill().signal, Some(Signal::SIGKILL));
    assert_eq!(b.hear(), "ok");
}
