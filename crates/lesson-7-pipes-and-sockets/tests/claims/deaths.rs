//! What one is told when the process at the other end is killed.

use crate::scene;

#[test]
fn a_pipe_tells_both_ends_at_once_that_the_other_was_killed() {
    let deaths = scene("deaths");
    assert_eq!(deaths.value("pipe-receiver"), "the end: read returns 0");
    assert_eq!(deaths.value("pipe-sender"), "EPIPE");
}

#[test]
fn a_socket_tells_both_ends_at_once_that_the_other_was_killed() {
    let deaths = scene("deaths");
    assert_eq!(deaths.value("socket-receiver"), "the end: read returns 0");
    assert_eq!(deaths.value("socket-sender"), "EPIPE");
}

#[test]
fn a_queue_tells_nobody_that_the_other_was_killed() {
    let deaths = scene("deaths");
    assert_eq!(deaths.value("queue-receiver"), "nothing: it waits (here ETIMEDOUT)");
    let sender = "nothing: it sends 3 messages, then would wait (EAGAIN)";
    assert_eq!(deaths.value("queue-sender"), sender);
}

#[test]
fn a_ring_tells_who_waits_that_the_other_was_killed() {
    let deaths = scene("deaths");
    assert!(deaths.value("ring-receiver").starts_with("EOWNERDEAD"));
    assert!(deaths.value("ring-sender").starts_with("EOWNERDEAD"));
}
