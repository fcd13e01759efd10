//! POSIX message queues: priorities, room, persistence, errors.

use lesson_7_pipes_and_sockets::sys::Queue;
use nix::mqueue::{MQ_OFlag, mq_unlink};
use nix::sys::stat::Mode;

use crate::{ordinary_scenario, scenario};

/// What an ordinary user is refused.
fn refused(name: &str) -> String {
    ordinary_scenario("queue-refusals", "").value(name).into()
}

/// A queue delivers the message with the highest priority first, and equal priorities in order.
///
/// - call: `mq_send`, success
/// - source: mq_send(3), DESCRIPTION
/// - level: POSIX
#[test]
fn a_queue_delivers_the_message_with_the_highest_priority_first_and_equal_priorities_in_order() {
    assert_eq!(scenario("queues").value("order"), "high low low-too |");
}

/// A nonblocking send to a full queue fails with `EAGAIN`.
///
/// - call: `mq_send`, error
/// - source: mq_send(3), ERRORS
/// - level: POSIX
#[test]
fn a_nonblocking_send_to_a_full_queue_fails_with_eagain() {
    let queues = scenario("queues");
    assert_eq!((queues.value("full"), queues.value("held")), ("EAGAIN", "4"));
}

/// A nonblocking receive from an empty queue fails with `EAGAIN`.
///
/// - call: `mq_receive`, error
/// - source: mq_receive(3), ERRORS
/// - level: POSIX
#[test]
fn a_nonblocking_receive_from_an_empty_queue_fails_with_eagain() {
    assert_eq!(scenario("queues").value("empty"), "EAGAIN");
}

/// Sending a message that is longer than the queue allows fails with `EMSGSIZE`.
///
/// - call: `mq_send`, error
/// - source: mq_send(3), ERRORS
/// - level: POSIX
#[test]
fn sending_a_message_that_is_longer_than_the_queue_allows_fails_with_emsgsize() {
    let queues = scenario("queues");
    assert_eq!(queues.value("too-long"), "EMSGSIZE");
    assert_eq!(queues.value("longest-and-most-urgent"), "ok", "as long as the queue allows");
    assert_eq!(queues.value("longest"), "!".repeat(16));
}

/// Receiving into a buffer that is shorter than the queue's limit fails with `EMSGSIZE`.
///
/// - call: `mq_receive`, error
/// - source: mq_receive(3), ERRORS
/// - level: POSIX
#[test]
fn receiving_into_a_buffer_that_is_shorter_than_the_queues_limit_fails_with_emsgsize() {
    assert_eq!(scenario("queues").value("too-short-a-buffer"), "EMSGSIZE");
}

/// Sending a message with priority 32768 fails with `EINVAL`.
///
/// - call: `mq_send`, error
/// - source: mq_overview(7), DESCRIPTION (priority); ipc/mqueue.c (EINVAL)
/// - level: Linux
#[test]
fn sending_a_message_with_priority_32768_fails_with_einval() {
    let queues = scenario("queues");
    assert_eq!(queues.value("priority"), "EINVAL");
    assert_eq!(queues.value("longest-and-most-urgent"), "ok", "32767");
}

/// Messages stay in a queue after every process has closed it.
///
/// - call: `mq_close`, success
/// - source: mq_overview(7), DESCRIPTION (kernel persistence)
/// - level: Linux
#[test]
fn messages_stay_in_a_queue_after_every_process_has_closed_it() {
    assert_eq!(scenario("queues").value("kept"), "kept");
}

/// Receiving with a deadline from an empty queue fails with `ETIMEDOUT`.
///
/// - call: `mq_timedreceive`, error
/// - source: mq_receive(3), ERRORS
/// - level: POSIX
#[test]
fn receiving_with_a_deadline_from_an_empty_queue_fails_with_etimedout() {
    assert_eq!(scenario("queues").value("nothing-comes"), "ETIMEDOUT");
}

/// Sending to a queue that is open for reading only fails with `EBADF`.
///
/// - call: `mq_send`, error
/// - source: mq_send(3), ERRORS
/// - level: POSIX
#[test]
fn sending_to_a_queue_that_is_open_for_reading_only_fails_with_ebadf() {
    assert_eq!(scenario("queues").value("send-to-a-reader"), "EBADF");
}

/// An unlinked queue has no name, and processes that have it open can still use it.
///
/// - call: `mq_unlink`, success
/// - source: mq_unlink(3), DESCRIPTION
/// - level: POSIX
#[test]
fn an_unlinked_queue_has_no_name_and_processes_that_have_it_open_can_still_use_it() {
    let queues = scenario("queues");
    assert_eq!((queues.value("unlinked"), queues.value("unlinked-open")), ("ENOENT", "4"));
}

/// Queue calls on a descriptor that is not a queue's fail with `EBADF`.
///
/// - call: `mq_getattr`, error
/// - source: mq_getattr(3), ERRORS
/// - level: POSIX
#[test]
fn queue_calls_on_a_descriptor_that_is_not_a_queues_fail_with_ebadf() {
    assert_eq!(scenario("queues").value("no-queue"), "EBADF");
}

/// Opening or unlinking a queue that doesn't exist fails with `ENOENT`.
///
/// - call: `mq_open`, error
/// - source: mq_open(3), ERRORS; mq_unlink(3), ERRORS
/// - level: POSIX
#[test]
fn opening_or_unlinking_a_queue_that_doesnt_exist_fails_with_enoent() {
    assert_eq!(refused("missing"), "ENOENT");
    assert_eq!(refused("missing-to-unlink"), "ENOENT");
}

/// A queue's name without a leading slash fails with `EINVAL`.
///
/// - call: `mq_open`, error
/// - source: mq_open(3), NOTES
/// - level: Linux
#[test]
fn a_queues_name_without_a_leading_slash_fails_with_einval() {
    assert_eq!(refused("no-slash"), "EINVAL");
}

/// A queue's name with a second slash fails with `EACCES`.
///
/// - call: `mq_open`, error
/// - source: mq_open(3), ERRORS
/// - level: Linux
#[test]
fn a_queues_name_with_a_second_slash_fails_with_eacces() {
    assert_eq!(refused("two-slashes"), "EACCES");
}

/// A queue's name that is only a slash fails with `ENOENT`.
///
/// - call: `mq_open`, error
/// - source: mq_open(3), ERRORS
/// - level: Linux
#[test]
fn a_queues_name_that_is_only_a_slash_fails_with_enoent() {
    assert_eq!(refused("only-a-slash"), "ENOENT");
}

/// A queue's name of more than 256 bytes fails with `ENAMETOOLONG`.
///
/// - call: `mq_open`, error
/// - source: ipc/mqueue.c; mq_open(3), ERRORS (ENAMETOOLONG)
/// - level: observed
/// - manual says: mq_overview(7): a name has at most 255 characters.
#[test]
fn a_queues_name_of_more_than_256_bytes_fails_with_enametoolong() {
    assert_eq!(refused("longest-name"), "ok");
    assert_eq!(refused("longest-name-to-unlink"), "ok");
    assert_eq!(refused("long-name"), "ENAMETOOLONG");
}

/// Making a queue for 0 messages or messages of 0 bytes fails with `EINVAL`.
///
/// - call: `mq_open`, error
/// - source: mq_open(3), ERRORS
/// - level: POSIX
#[test]
fn making_a_queue_for_0_messages_or_messages_of_0_bytes_fails_with_einval() {
    assert_eq!(refused("no-messages"), "EINVAL");
    assert_eq!(refused("no-bytes"), "EINVAL");
}

/// Making a queue above the system's limits fails with `EINVAL` for an ordinary user.
///
/// - call: `mq_open`, error
/// - source: mq_overview(7), /proc interfaces
/// - level: Linux
#[test]
fn making_a_queue_above_the_systems_limits_fails_with_einval_for_an_ordinary_user() {
    let refusals = ordinary_scenario("queue-refusals", "");
    assert_eq!((refusals.value("too-many"), refusals.value("too-long")), ("EINVAL", "EINVAL"));
    assert_eq!(refusals.value("as-many-as-can-be"), "ok");
    assert_eq!(refusals.value("as-long-as-can-be"), "ok");
}

/// Making a queue with `O_EXCL` when its name exists fails with `EEXIST`.
///
/// - call: `mq_open`, error
/// - source: mq_open(3), ERRORS
/// - level: POSIX
#[test]
fn making_a_queue_with_o_excl_when_its_name_exists_fails_with_eexist() {
    assert_eq!(refused("taken"), "EEXIST");
}

/// Opening a queue whose mode forbids it fails with `EACCES`.
///
/// - call: `mq_open`, error
/// - source: mq_open(3), ERRORS
/// - level: POSIX
#[test]
fn opening_a_queue_whose_mode_forbids_it_fails_with_eacces() {
    let name = format!("/mmap-course-{:016x}", rand::random::<u64>());
    // The mode allows nobody. Root may open it all the same, so an ordinary user tries.
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_RDWR;
    let made = Queue::open(&name, flags, Mode::empty(), None).unwrap();
    let refusals = ordinary_scenario("queue-refusals", &name);
    mq_unlink(name.as_str()).unwrap();
    drop(made);
    assert_eq!(refusals.value("the-other-s"), "EACCES");
}

/// Opening a queue when no descriptor is left fails with `EMFILE`.
///
/// - call: `mq_open`, error
/// - source: mq_open(3), ERRORS
/// - level: POSIX
#[test]
fn opening_a_queue_when_no_descriptor_is_left_fails_with_emfile() {
    assert_eq!(scenario("no-descriptors").value("queue"), "EMFILE");
}

/// Making a queue above the user's limit of bytes fails with `EMFILE`.
///
/// - call: `mq_open`, error
/// - source: getrlimit(2), DESCRIPTION (RLIMIT_MSGQUEUE); ipc/mqueue.c
/// - level: observed
#[test]
fn making_a_queue_above_the_users_limit_of_bytes_fails_with_emfile() {
    assert_eq!(scenario("no-queue-bytes").value("queue"), "EMFILE");
}

/// An unlinked queue ends when the last process closes it.
///
/// - call: `mq_unlink`, success
/// - source: mq_unlink(3), DESCRIPTION
/// - level: POSIX
#[test]
#[ignore = "needs root: takes a user's number that no other process has"]
fn an_unlinked_queue_ends_when_the_last_process_closes_it() {
    let queues = scenario("last-close");
    assert_eq!(queues.value("while-open"), "EMFILE", "it takes up the user's bytes");
    assert_eq!(queues.value("after-the-last-close"), "ok");
}
