//! POSIX message queues: priorities, room, persistence, errors.

use lesson_7_pipes_and_sockets::sys::Queue;
use nix::mqueue::{MQ_OFlag, mq_unlink};
use nix::sys::stat::Mode;

use crate::{ordinary_scenario, scenario};

/// What an ordinary user is refused.
fn refused(name: &str) -> String {
    ordinary_scenario("queue-refusals", "").value(name).into()
}

#[test]
fn a_queue_delivers_the_message_with_the_highest_priority_first_and_equal_priorities_in_order() {
    assert_eq!(scenario("queues").value("order"), "high low low-too |");
}

#[test]
fn a_nonblocking_send_to_a_full_queue_fails_with_eagain() {
    let queues = scenario("queues");
    assert_eq!((queues.value("full"), queues.value("held")), ("EAGAIN", "4"));
}

#[test]
fn a_nonblocking_receive_from_an_empty_queue_fails_with_eagain() {
    assert_eq!(scenario("queues").value("empty"), "EAGAIN");
}

#[test]
fn sending_a_message_that_is_longer_than_the_queue_allows_fails_with_emsgsize() {
    assert_eq!(scenario("queues").value("too-long"), "EMSGSIZE");
}

#[test]
fn receiving_into_a_buffer_that_is_shorter_than_the_queues_limit_fails_with_emsgsize() {
    assert_eq!(scenario("queues").value("too-short-a-buffer"), "EMSGSIZE");
}

#[test]
fn sending_a_message_with_priority_32768_fails_with_einval() {
    assert_eq!(scenario("queues").value("priority"), "EINVAL");
}

#[test]
fn messages_stay_in_a_queue_after_every_process_has_closed_it() {
    assert_eq!(scenario("queues").value("kept"), "kept");
}

#[test]
fn receiving_with_a_deadline_from_an_empty_queue_fails_with_etimedout() {
    assert_eq!(scenario("queues").value("nothing-comes"), "ETIMEDOUT");
}

#[test]
fn sending_to_a_queue_that_is_open_for_reading_only_fails_with_ebadf() {
    assert_eq!(scenario("queues").value("send-to-a-reader"), "EBADF");
}

#[test]
fn an_unlinked_queue_has_no_name_and_processes_that_have_it_open_can_still_use_it() {
    let queues = scenario("queues");
    assert_eq!((queues.value("unlinked"), queues.value("unlinked-open")), ("ENOENT", "4"));
}

#[test]
fn queue_calls_on_a_descriptor_that_is_not_a_queues_fail_with_ebadf() {
    assert_eq!(scenario("queues").value("no-queue"), "EBADF");
}

#[test]
fn opening_or_unlinking_a_queue_that_doesnt_exist_fails_with_enoent() {
    assert_eq!(refused("missing"), "ENOENT");
    assert_eq!(refused("missing-to-unlink"), "ENOENT");
}

#[test]
fn a_queues_name_without_a_leading_slash_fails_with_einval() {
    assert_eq!(refused("no-slash"), "EINVAL");
}

#[test]
fn a_queues_name_with_a_second_slash_fails_with_eacces() {
    assert_eq!(refused("two-slashes"), "EACCES");
}

#[test]
fn a_queues_name_that_is_only_a_slash_fails_with_enoent() {
    assert_eq!(refused("only-a-slash"), "ENOENT");
}

#[test]
fn a_queues_name_of_more_than_256_bytes_fails_with_enametoolong() {
    assert_eq!(refused("longest-name"), "ok");
    assert_eq!(refused("longest-name-to-unlink"), "ok");
    assert_eq!(refused("long-name"), "ENAMETOOLONG");
}

#[test]
fn making_a_queue_for_0_messages_or_messages_of_0_bytes_fails_with_einval() {
    assert_eq!(refused("no-messages"), "EINVAL");
    assert_eq!(refused("no-bytes"), "EINVAL");
}

#[test]
fn making_a_queue_above_the_systems_limits_fails_with_einval_for_an_ordinary_user() {
    let refusals = ordinary_scenario("queue-refusals", "");
    assert_eq!((refusals.value("too-many"), refusals.value("too-long")), ("EINVAL", "EINVAL"));
    assert_eq!(refusals.value("as-long-as-can-be"), "ok");
}

#[test]
fn making_a_queue_with_o_excl_when_its_name_exists_fails_with_eexist() {
    assert_eq!(refused("taken"), "EEXIST");
}

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

#[test]
fn opening_a_queue_when_no_descriptor_is_left_fails_with_emfile() {
    assert_eq!(scenario("no-descriptors").value("queue"), "EMFILE");
}

#[test]
fn making_a_queue_above_the_users_limit_of_bytes_fails_with_emfile() {
    assert_eq!(scenario("no-queue-bytes").value("queue"), "EMFILE");
}

#[test]
#[ignore = "needs root: takes a user's number that no other process has"]
fn an_unlinked_queue_ends_when_the_last_process_closes_it() {
    let queues = scenario("last-close");
    assert_eq!(queues.value("while-open"), "EMFILE", "it takes up the user's bytes");
    assert_eq!(queues.value("after-the-last-close"), "ok");
}
