//! The ring in a mapped file: order, capacity, ends, good and bad peers.

use std::fs::File;

use course::{Program, file_system, scratch};
use lesson_7_pipes_and_sockets::ring_file;

use crate::{PROGRAM, scenario};

/// The ring keeps the order and the boundaries of a thousand messages between two processes.
///
/// - call: the ring of lesson 7, success
/// - source: lesson 7, the ring
/// - level: observed
#[test]
fn the_ring_keeps_the_order_and_the_boundaries_of_a_thousand_messages_between_two_processes() {
    let scratch = scratch();
    let story = Program::new(PROGRAM, [""; 0]).env("LESSON_SCRATCH", scratch.path()).succeed();
    assert!(story.contains("received, in order and whole: 1000"), "{story}");
}

/// After the sender has closed the ring, the receiver gets the remaining messages, then the end.
///
/// - call: the ring of lesson 7, success
/// - source: lesson 7, the ring
/// - level: observed
#[test]
fn after_the_sender_has_closed_the_ring_the_receiver_gets_the_remaining_messages_then_the_end() {
    let rings = scenario("rings");
    assert_eq!(rings.value("first"), "one");
    assert_eq!((rings.value("left"), rings.value("end")), ("Some(5)", "None"));
}

/// If the sender is killed, the receiver gets the messages that were published, then `EOWNERDEAD`.
///
/// - call: the ring of lesson 7, error
/// - source: lesson 7, the ring
/// - level: observed
#[test]
fn if_the_sender_is_killed_the_receiver_gets_the_messages_that_were_published_then_eownerdead() {
    let rings = scenario("rings");
    assert_eq!((rings.value("after-the-death"), rings.value("then")), ("3", "EOWNERDEAD"));
}

/// Sending to a full ring whose receiver has closed fails with `EPIPE`.
///
/// - call: the ring of lesson 7, error
/// - source: lesson 7, the ring
/// - level: observed
#[test]
fn sending_to_a_full_ring_whose_receiver_has_closed_fails_with_epipe() {
    let rings = scenario("rings");
    assert_eq!(rings.value("consumer-closed"), "EPIPE");
    assert_eq!(rings.value("closed-and-not-dead"), "ok", "not EOWNERDEAD");
}

/// Sending a message that is longer than a slot fails with `EMSGSIZE`.
///
/// - call: the ring of lesson 7, error
/// - source: lesson 7, the ring
/// - level: observed
#[test]
fn sending_a_message_that_is_longer_than_a_slot_fails_with_emsgsize() {
    assert_eq!(scenario("rings").value("too-long"), "EMSGSIZE");
}

/// If the receiver's buffer is too short, the message stays in the ring.
///
/// - call: the ring of lesson 7, edge
/// - source: lesson 7, the ring
/// - level: observed
#[test]
fn if_the_receivers_buffer_is_too_short_the_message_stays_in_the_ring() {
    let rings = scenario("rings");
    assert_eq!((rings.value("too-short-a-buffer"), rings.value("left")), ("EMSGSIZE", "Some(5)"));
}

/// A ring accepts one sender, and refuses every later sender.
///
/// - call: the ring of lesson 7, edge
/// - source: lesson 7, the ring; fcntl(2), Open file description locks (F_OFD_SETLK)
/// - level: Linux
#[test]
fn a_ring_accepts_one_sender_and_refuses_every_later_sender() {
    let rings = scenario("rings");
    assert_eq!(rings.value("second-producer"), "another process is its sender");
    let words = "another process was its sender; a ring serves only one pair, so remove the file";
    assert_eq!(rings.value("used-before"), words);
}

/// A process that waits at the ring sleeps, and a stopped process is not reported as dead.
///
/// - call: the ring of lesson 7, success
/// - source: futex(2), DESCRIPTION; fcntl(2), Open file description locks (F_OFD_GETLK)
/// - level: Linux
#[test]
fn a_process_that_waits_at_the_ring_sleeps_and_a_stopped_process_is_not_reported_as_dead() {
    let stopped = scenario("stopped");
    assert_eq!(stopped.value("asleep"), "true");
    assert_eq!(stopped.value("stopped-receiver"), "true", "checked while the sender waits");
    assert_eq!((stopped.value("sent"), stopped.value("received")), ("ok", "text text text"));
    assert_eq!(stopped.value("stopped-sender"), "true", "checked while the receiver waits");
    assert_eq!(stopped.value("killed-sender"), "EOWNERDEAD");
}

/// Impossible lengths and counts in the ring are reported as `EBADMSG` and crash nothing.
///
/// - call: the ring of lesson 7, error
/// - source: lesson 7, the ring
/// - level: observed
#[test]
fn impossible_lengths_and_counts_in_the_ring_are_reported_as_ebadmsg_and_crash_nothing() {
    let bad = scenario("bad-peer");
    for place in ["length", "written", "read"] {
        assert_eq!(bad.value(place), "EBADMSG", "{place}");
        assert_eq!(bad.value(&format!("{place}-by-one")), "EBADMSG", "{place}, one too many");
    }
}

/// The receiver believes a possible but wrong count in the ring, and gets a message that nobody
/// sent.
///
/// - call: the ring of lesson 7, edge
/// - source: lesson 7, the ring
/// - level: observed
#[test]
fn the_receiver_believes_a_possible_but_wrong_count_in_the_ring_and_gets_a_message_that_nobody_sent()
 {
    assert_eq!(scenario("bad-peer").value("possible"), "Some(0)");
}

/// After the kernel has written the ring's page to the disk, the next message causes a page fault.
///
/// - call: the ring of lesson 7, edge
/// - source: mm/page-writeback.c, folio_clear_dirty_for_io
/// - level: observed (not on tmpfs)
/// - holds: not on tmpfs
#[test]
fn after_the_kernel_has_written_the_rings_page_to_the_disk_the_next_message_causes_a_page_fault() {
    // If the kernel has written the page before the scenario does, repeat.
    let ring = (0..5).map(|_| scenario("written-back")).find(|ring| ring.value("dirty") == "0");
    let ring = ring.expect("the page stays dirty between two messages");
    let expected = if file_system(scratch().path()) == "tmpfs" { "0" } else { "1" };
    assert_eq!(ring.value("written"), expected);
}

/// A ring's sizes are checked, and read only once.
///
/// - call: the ring of lesson 7, success
/// - source: lesson 7, the ring
/// - level: observed
#[test]
fn a_rings_sizes_are_checked_and_read_only_once() {
    let bad = scenario("bad-peer");
    assert_eq!(bad.value("sizes-later"), "ok");
    assert_eq!(bad.value("sizes-first"), "not a ring of this lesson");
}

/// A ring's space on the disk is reserved before the first message.
///
/// - call: the ring of lesson 7, success
/// - source: posix_fallocate(3), DESCRIPTION
/// - level: POSIX
#[test]
fn a_rings_space_on_the_disk_is_reserved_before_the_first_message() {
    use std::os::unix::fs::MetadataExt;
    let scratch = scratch();
    let (ring, hole) = (scratch.path().join("ring"), scratch.path().join("hole"));
    ring_file::create(&ring, 64 << 10, 4).unwrap();
    let length = ring.metadata().unwrap().len();
    File::create(&hole).unwrap().set_len(length).unwrap();
    assert!(ring.metadata().unwrap().blocks() * 512 >= length, "all of it");
    assert_eq!(hole.metadata().unwrap().blocks(), 0, "as after ftruncate alone");
}

/// Making a ring on a full disk fails with `ENOSPC` and leaves no file.
///
/// - call: the ring of lesson 7, error
/// - source: posix_fallocate(3), ERRORS
/// - level: POSIX
#[test]
#[ignore = "needs root: mounts a file system of 1 MiB, in a namespace of its own"]
fn making_a_ring_on_a_full_disk_fails_with_enospc_and_leaves_no_file() {
    let full = scenario("full-disk");
    assert_eq!((full.value("errno"), full.value("left")), ("28", "0"));
    let line = "reserve the space of \"small/ring\": No space left on device (os error 28)";
    assert_eq!(full.value("says"), line);
}

/// A sleeping receiver finds a message without a wake-up when its timeout ends.
///
/// - call: the ring of lesson 7, edge
/// - source: futex(2), ERRORS (ETIMEDOUT)
/// - level: Linux
#[test]
fn a_sleeping_receiver_finds_a_message_without_a_wake_up_when_its_timeout_ends() {
    let ring = scenario("no-wake-up");
    assert_eq!((ring.value("timeout-ns"), ring.value("it")), ("50000000", "received ok"));
}

/// A message that a sender stored just before it was killed is received before `EOWNERDEAD`.
///
/// - call: the ring of lesson 7, edge
/// - source: lesson 7, the ring
/// - level: observed
#[test]
fn a_message_that_a_sender_stored_just_before_it_was_killed_is_received_before_eownerdead() {
    let ring = scenario("killed-before-the-wake-up");
    assert_eq!(ring.value("killed-before-the-wake-up"), "ok EOWNERDEAD");
}
