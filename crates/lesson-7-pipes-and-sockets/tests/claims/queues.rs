//! POSIX message queues: priorities, room, persistence, errors.

use lesson_7_pipes_and_sockets::sys::{Queue, unlink};

use crate::{ordinary_scene, scene};

/// What an ordinary user is refused.
fn refused(name: &str) -> String {
    ordinary_scene("queue-refusals", "").value(name).into()
}

#[test]
fn a_queue_gives_the_most_urgent_message_first_and_of_those_the_oldest() {
    assert_eq!(scene("queues").value("order"), "high low low-too |");
}

#[test]
fn sending_to_a_full_queue_without_waiting_is_eagain() {
    let queues = scene("queues");
    assert_eq!((queues.value("full"), queues.value("held")), ("EAGAIN", "4"));
}

#[test]
fn receiving_from_an_empty_queue_without_waiting_is_eagain() {
    assert_eq!(scene("queues").value("empty"), "EAGAIN");
}

#[test]
fn a_message_longer_than_the_queue_takes_is_emsgsize() {
    assert_eq!(scene("queues").value("too-long"), "EMSGSIZE");
}

#[test]
fn a_buffer_shorter_than_the_queue_s_longest_message_is_emsgsize() {
    assert_eq!(scene("queues").value("too-short-a-buffer"), "EMSGSIZE");
}

#[test]
fn a_priority_of_32768_is_einval() {
    assert_eq!(scene("queues").value("priority"), "EINVAL");
}

#[test]
fn messages_outlive_every_process_that_has_the_queue_open() {
    assert_eq!(scene("queues").value("kept"), "kept");
}

#[test]
fn waiting_for_a_message_with_a_deadline_is_etimedout() {
    assert_eq!(scene("queues").value("nothing-comes"), "ETIMEDOUT");
}

#[test]
fn sending_to_a_queue_that_is_open_for_reading_is_ebadf() {
    assert_eq!(scene("queues").value("send-to-a-reader"), "EBADF");
}

#[test]
fn an_unlinked_queue_has_no_name_and_serves_who_has_it_open() {
    let queues = scene("queues");
    assert_eq!((queues.value("unlinked"), queues.value("unlinked-open")), ("ENOENT", "4"));
}

#[test]
fn a_descriptor_that_is_no_queue_s_is_ebadf() {
    assert_eq!(scene("queues").value("no-queue"), "EBADF");
}

#[test]
fn opening_or_unlinking_a_queue_that_is_not_there_is_enoent() {
    assert_eq!(refused("missing"), "ENOENT");
    assert_eq!(refused("missing-to-unlink"), "ENOENT");
}

#[test]
fn a_queue_s_name_without_a_slash_in_front_is_einval() {
    assert_eq!(refused("no-slash"), "EINVAL");
}

#[test]
fn a_queue_s_name_with_a_second_slash_is_eacces() {
    assert_eq!(refused("two-slashes"), "EACCES");
}

#[test]
fn a_queue_s_name_of_a_slash_alone_is_enoent() {
    assert_eq!(refused("only-a-slash"), "ENOENT");
}

#[test]
fn a_queue_s_name_of_more_than_255_bytes_is_enametoolong() {
    assert_eq!(refused("long-name"), "ENAMETOOLONG");
}

#[test]
fn a_queue_for_no_messages_or_for_no_bytes_is_einval() {
    assert_eq!(refused("no-messages"), "EINVAL");
    assert_eq!(refused("no-bytes"), "EINVAL");
}

#[test]
fn a_queue_above_the_system_s_limits_is_einval_to_an_ordinary_user() {
    let refusals = ordinary_scene("queue-refusals", "");
    assert_eq!((refusals.value("too-many"), refusals.value("too-long")), ("EINVAL", "EINVAL"));
    assert_eq!(refusals.value("as-long-as-can-be"), "ok");
}

#[test]
fn making_a_queue_that_is_there_with_o_excl_is_eexist() {
    assert_eq!(refused("taken"), "EEXIST");
}

#[test]
fn a_queue_that_the_mode_does_not_open_to_a_user_is_eacces() {
    let name = format!("/mmap-course-{:016x}", rand::random::<u64>());
    // Nobody may; root may all the same, so an ordinary user asks.
    let made = Queue::open(&name, libc::O_CREAT | libc::O_EXCL | libc::O_RDWR, 0, None).unwrap();
    let refusals = ordinary_scene("queue-refusals", &name);
    unlink(&name).unwrap();
    drop(made);
    assert_eq!(refusals.value("the-other-s"), "EACCES");
}

#[test]
fn a_queue_without_a_descriptor_left_is_emfile() {
    assert_eq!(scene("no-descriptors").value("queue"), "EMFILE");
}

#[test]
fn a_queue_without_bytes_left_to_the_user_is_emfile() {
    assert_eq!(scene("no-queue-bytes").value("queue"), "EMFILE");
}
