//! `fork`.

use course::scratch;

use crate::scenario;

/// A forked child sends and receives through the message queue that its parent opened.
///
/// - call: `fork`, success
/// - source: fork(2), NOTES; mq_overview(7); POSIX, fork(), DESCRIPTION
/// - level: POSIX
#[test]
fn a_forked_child_sends_and_receives_through_the_message_queue_that_its_parent_opened() {
    let ended = scenario("message-queue", &scratch()).run();
    assert_eq!(ended.value("child"), "0", "{ended:?}");
    assert_eq!(ended.value("received"), "to the parent");
}

/// After `fork`, `mprotect` in the child changes nothing for its parent, even in shared memory.
///
/// - call: `fork`, success
/// - source: fork(2), DESCRIPTION
/// - level: POSIX
#[test]
fn after_fork_mprotect_in_the_child_changes_nothing_for_its_parent_even_in_shared_memory() {
    let ended = scenario("child-protects", &scratch()).run();
    assert_eq!(ended.value("child-protected"), "yes", "{ended:?}");
    assert_eq!(ended.value("parent-loads"), "2", "its own store, after that of the child");
    assert_eq!(ended.value("child"), "0");
}

/// `fork` fails with `EAGAIN` if the user already has as many processes as `RLIMIT_NPROC` allows.
///
/// - call: `fork`, error
/// - source: fork(2), ERRORS; getrlimit(2), DESCRIPTION (`RLIMIT_NPROC`)
/// - level: Linux (root is exempt)
#[test]
fn fork_fails_with_eagain_if_the_user_already_has_as_many_processes_as_rlimit_nproc_allows() {
    let ended = scenario("no-process-left", &scratch()).as_ordinary_user().run();
    assert_eq!(ended.value("before"), "ok");
    assert_eq!(ended.value("at-the-limit"), "EAGAIN");
}
