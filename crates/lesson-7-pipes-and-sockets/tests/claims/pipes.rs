//! Pipes: order, room, ends, errors.

use course::Program;
use nix::sys::signal::Signal;

use crate::{PROGRAM, ordinary_scene, scene};

#[test]
fn a_pipe_keeps_the_order_of_bytes_and_no_boundaries() {
    assert_eq!(scene("pipes").value("bytes"), "onethree");
}

#[test]
fn a_pipe_in_packet_mode_keeps_the_boundaries() {
    assert_eq!(scene("pipes").value("packets"), "one");
}

#[test]
fn what_was_written_can_be_read_after_the_writer_has_gone_and_then_comes_the_end() {
    let pipes = scene("pipes");
    assert_eq!((pipes.value("left"), pipes.value("after")), ("last words", "0"));
}

#[test]
fn writing_to_a_pipe_that_nobody_reads_is_epipe() {
    assert_eq!(scene("pipes").value("no-reader"), "EPIPE");
}

#[test]
fn who_does_not_ignore_sigpipe_is_killed_by_it() {
    let ended = Program::new(PROGRAM, ["scene", "sigpipe"]).run();
    assert_eq!((ended.signal, ended.stdout.as_str()), (Some(Signal::SIGPIPE), ""), "{ended:?}");
}

#[test]
fn reading_an_empty_pipe_without_waiting_is_eagain() {
    assert_eq!(scene("pipes").value("empty"), "EAGAIN");
}

#[test]
fn writing_to_a_full_pipe_without_waiting_is_eagain() {
    assert_eq!(scene("pipes").value("full"), "EAGAIN");
}

#[test]
fn a_write_of_at_most_pipe_buf_bytes_is_made_whole_or_not_at_all() {
    assert_eq!(scene("pipes").value("no-room-for-pipe-buf"), "EAGAIN");
}

#[test]
fn a_longer_write_to_a_pipe_may_be_made_in_part() {
    assert_eq!(scene("pipes").value("in-part"), "true");
}

#[test]
fn a_pipe_has_no_position_to_seek_to() {
    assert_eq!(scene("pipes").value("seek"), "ESPIPE");
}

#[test]
fn each_end_of_a_pipe_goes_one_way_and_the_other_way_is_ebadf() {
    let pipes = scene("pipes");
    assert_eq!(pipes.value("read-the-write-end"), "EBADF");
    assert_eq!(pipes.value("write-the-read-end"), "EBADF");
}

#[test]
fn a_pipe_with_a_flag_that_pipes_do_not_have_is_einval() {
    assert_eq!(scene("pipes").value("unknown-flag"), "EINVAL");
}

#[test]
fn a_pipe_holds_sixteen_pages_and_can_be_made_larger() {
    let sizes = scene("pipe-sizes");
    assert_eq!(sizes.value("pages"), "16");
    assert_eq!(sizes.value("larger"), "32", "twenty were asked for; it is a power of two");
}

#[test]
fn a_pipe_larger_than_the_system_s_limit_is_eperm_to_an_ordinary_user() {
    assert_eq!(ordinary_scene("pipe-sizes", "").value("beyond-the-limit"), "EPERM");
}

#[test]
fn a_pipe_cannot_be_made_smaller_than_what_it_holds() {
    assert_eq!(scene("pipe-sizes").value("smaller-than-what-it-holds"), "EBUSY");
}

#[test]
fn a_pipe_without_a_descriptor_left_is_emfile() {
    assert_eq!(scene("no-descriptors").value("pipe"), "EMFILE");
}
