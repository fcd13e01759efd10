//! The ring in a mapped file: order, room, ends, neighbours good and bad.

use std::fs::File;

use course::{Program, scratch};
use lesson_7_pipes_and_sockets::ring_file;

use crate::{PROGRAM, scene};

#[test]
fn a_ring_keeps_the_order_and_the_boundaries_of_a_thousand_messages_between_two_processes() {
    let scratch = scratch();
    let story = Program::new(PROGRAM, [""; 0]).env("LESSON_SCRATCH", scratch.path()).succeed();
    assert!(story.contains("verified 1000, in order and whole, then the end"), "{story}");
}

#[test]
fn what_a_ring_held_when_its_producer_closed_can_be_received_and_then_comes_the_end() {
    let rings = scene("rings");
    assert_eq!(rings.value("first"), "one");
    assert_eq!((rings.value("left"), rings.value("end")), ("Some(5)", "None"));
}

#[test]
fn what_a_killed_producer_had_published_can_be_received_and_then_comes_the_error() {
    let rings = scene("rings");
    assert_eq!((rings.value("after-the-death"), rings.value("then")), ("3", "EOWNERDEAD"));
}

#[test]
fn sending_to_a_full_ring_whose_consumer_has_closed_is_epipe() {
    assert_eq!(scene("rings").value("consumer-closed"), "EPIPE");
}

#[test]
fn a_message_longer_than_a_ring_s_slot_is_emsgsize() {
    assert_eq!(scene("rings").value("too-long"), "EMSGSIZE");
}

#[test]
fn a_message_that_the_buffer_is_too_short_for_stays_in_the_ring() {
    let rings = scene("rings");
    assert_eq!((rings.value("too-short-a-buffer"), rings.value("left")), ("EMSGSIZE", "Some(5)"));
}

#[test]
fn a_ring_has_one_producer_once() {
    let rings = scene("rings");
    assert_eq!(rings.value("second-producer"), "somebody has this role");
    let words = "somebody had this role; a ring serves one of each";
    assert_eq!(rings.value("used-before"), words);
}

#[test]
fn who_waits_at_a_ring_sleeps_and_one_who_is_stopped_is_not_taken_for_dead() {
    let stopped = scene("stopped");
    assert_eq!((stopped.value("asleep"), stopped.value("a-stopped-one")), ("true", "ok"));
    assert_eq!((stopped.value("still-alive"), stopped.value("it")), ("ok", "received ok"));
}

#[test]
fn what_a_bad_neighbour_stores_is_ebadmsg_and_no_crash() {
    let bad = scene("bad-neighbour");
    for place in ["length", "written", "read"] {
        assert_eq!(bad.value(place), "EBADMSG", "{place}");
    }
}

#[test]
fn a_ring_s_sizes_are_read_once_and_checked() {
    let bad = scene("bad-neighbour");
    assert_eq!(bad.value("sizes-later"), "ok");
    assert_eq!(bad.value("sizes-first"), "not a ring of this lesson");
}

#[test]
fn a_ring_s_room_on_the_disk_is_reserved_before_the_first_message() {
    use std::os::unix::fs::MetadataExt;
    let scratch = scratch();
    let (ring, hole) = (scratch.path().join("ring"), scratch.path().join("hole"));
    ring_file::create(&ring, 64 << 10, 4).unwrap();
    let length = ring.metadata().unwrap().len();
    File::create(&hole).unwrap().set_len(length).unwrap();
    assert!(ring.metadata().unwrap().blocks() * 512 >= length, "all of it");
    assert_eq!(hole.metadata().unwrap().blocks(), 0, "as after ftruncate alone");
}

#[test]
#[ignore = "needs root: mounts a file system of 1 MiB, in a namespace of its own"]
fn a_ring_that_the_disk_has_no_room_for_is_enospc_and_leaves_no_file() {
    let full = scene("full-disk");
    assert_eq!((full.value("errno"), full.value("left")), ("28", "0"));
    let line = "reserve the space of \"small/ring\": No space left on device (os error 28)";
    assert_eq!(full.value("says"), line);
}
