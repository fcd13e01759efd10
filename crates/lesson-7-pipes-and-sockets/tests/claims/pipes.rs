//! Pipes: order, capacity, two writers, ends, errors.

use course::Program;
use nix::sys::signal::Signal;
use std::sync::{Mutex, PoisonError};

use crate::{PROGRAM, ordinary_scenario, scenario};

/// Held while a scenario counts on the pipe pages of its user, or uses them up.
static USER_PAGES: Mutex<()> = Mutex::new(());

/// A pipe keeps the order of bytes but not the boundaries of messages.
///
/// - call: `pipe`, success
/// - source: pipe(7), I/O on pipes and FIFOs
/// - level: POSIX
#[test]
fn a_pipe_keeps_the_order_of_bytes_but_not_the_boundaries_of_messages() {
    assert_eq!(scenario("pipes").value("bytes"), "onethree");
}

/// A pipe in packet mode (`O_DIRECT`) keeps the boundaries of messages of at most `PIPE_BUF` bytes.
///
/// - call: `pipe`, success
/// - source: pipe(2), DESCRIPTION (O_DIRECT)
/// - level: Linux
#[test]
fn a_pipe_in_packet_mode_o_direct_keeps_the_boundaries_of_messages_of_at_most_pipe_buf_bytes() {
    let pipes = scenario("pipes");
    assert_eq!(pipes.value("packets"), "one");
    assert!(pipes.value("packets-read").starts_with("4096 4096 "), "two of PIPE_BUF bytes");
}

/// A message of more than `PIPE_BUF` bytes arrives in parts in packet mode.
///
/// - call: `pipe`, edge
/// - source: pipe(2), DESCRIPTION (O_DIRECT)
/// - level: Linux
#[test]
fn a_message_of_more_than_pipe_buf_bytes_arrives_in_parts_in_packet_mode() {
    let pipes = scenario("pipes");
    assert_eq!(pipes.value("packet-of-5000"), "true", "write returns its full length");
    assert!(pipes.value("packets-read").ends_with(" 4096 904"), "{pipes:?}");
}

/// After the write end of a pipe is closed, `read` returns the data that is left, and then 0.
///
/// - call: `pipe`, success
/// - source: pipe(7), I/O on pipes and FIFOs
/// - level: POSIX
#[test]
fn after_the_write_end_of_a_pipe_is_closed_read_returns_the_data_that_is_left_and_then_0() {
    let pipes = scenario("pipes");
    assert_eq!((pipes.value("left"), pipes.value("after")), ("last words", "0"));
}

/// Writing to a pipe that has no reader fails with `EPIPE`.
///
/// - call: `write`, error
/// - source: write(2), ERRORS
/// - level: POSIX
#[test]
fn writing_to_a_pipe_that_has_no_reader_fails_with_epipe() {
    assert_eq!(scenario("pipes").value("no-reader"), "EPIPE");
}

/// By default, a process that writes to a pipe without a reader is killed by `SIGPIPE`.
///
/// - call: `write`, error
/// - source: pipe(7), I/O on pipes and FIFOs
/// - level: POSIX
#[test]
fn by_default_a_process_that_writes_to_a_pipe_without_a_reader_is_killed_by_sigpipe() {
    let ended = Program::new(PROGRAM, ["scenario", "sigpipe"]).run();
    assert_eq!((ended.signal, ended.stdout.as_str()), (Some(Signal::SIGPIPE), ""), "{ended:?}");
}

/// A nonblocking read from an empty pipe fails with `EAGAIN`.
///
/// - call: `read`, error
/// - source: read(2), ERRORS
/// - level: POSIX
#[test]
fn a_nonblocking_read_from_an_empty_pipe_fails_with_eagain() {
    assert_eq!(scenario("pipes").value("empty"), "EAGAIN");
}

/// A nonblocking write to a full pipe fails with `EAGAIN`.
///
/// - call: `write`, error
/// - source: write(2), ERRORS
/// - level: POSIX
#[test]
fn a_nonblocking_write_to_a_full_pipe_fails_with_eagain() {
    assert_eq!(scenario("pipes").value("full"), "EAGAIN");
}

/// A nonblocking write of `PIPE_BUF` bytes to a pipe with less room writes nothing.
///
/// - call: `write`, edge
/// - source: pipe(7), DESCRIPTION (PIPE_BUF)
/// - level: POSIX
#[test]
fn a_nonblocking_write_of_pipe_buf_bytes_to_a_pipe_with_less_room_writes_nothing() {
    let pipes = scenario("pipes");
    assert_eq!(pipes.value("no-room-for-pipe-buf"), "EAGAIN");
    assert_eq!(pipes.value("bytes-of-the-short-write"), "0", "no byte of it arrives");
    assert_eq!(pipes.value("bytes-of-the-long-write"), "true", "those of a longer one do");
}

/// A nonblocking write of more than `PIPE_BUF` bytes to a pipe with one free page writes some of
/// the bytes.
///
/// - call: `write`, edge
/// - source: pipe(7), DESCRIPTION (PIPE_BUF)
/// - level: POSIX
#[test]
fn a_nonblocking_write_of_more_than_pipe_buf_bytes_to_a_pipe_with_one_free_page_writes_some_of_the_bytes()
 {
    assert_eq!(scenario("pipes").value("in-part"), "true");
}

/// A nonblocking write of more than `PIPE_BUF` bytes can fail with `EAGAIN` although 4000 bytes are
/// free.
///
/// - call: `write`, error
/// - source: fs/pipe.c (room is counted in pages)
/// - level: observed
#[test]
fn a_nonblocking_write_of_more_than_pipe_buf_bytes_can_fail_with_eagain_although_4000_bytes_are_free()
 {
    assert_eq!(scenario("pipes").value("no-free-page"), "EAGAIN");
}

/// Seeking in a pipe fails with `ESPIPE`.
///
/// - call: `lseek`, error
/// - source: lseek(2), ERRORS
/// - level: POSIX
#[test]
fn seeking_in_a_pipe_fails_with_espipe() {
    assert_eq!(scenario("pipes").value("seek"), "ESPIPE");
}

/// Reading from the write end, or writing to the read end, of a pipe fails with `EBADF`.
///
/// - call: `read`, error
/// - source: read(2), ERRORS; write(2), ERRORS
/// - level: POSIX (that a pipe has one direction only: Linux)
#[test]
fn reading_from_the_write_end_or_writing_to_the_read_end_of_a_pipe_fails_with_ebadf() {
    let pipes = scenario("pipes");
    assert_eq!(pipes.value("read-the-write-end"), "EBADF");
    assert_eq!(pipes.value("write-the-read-end"), "EBADF");
}

/// Making a pipe with a flag that pipes don't have fails with `EINVAL`.
///
/// - call: `pipe`, error
/// - source: pipe(2), ERRORS
/// - level: Linux
#[test]
fn making_a_pipe_with_a_flag_that_pipes_dont_have_fails_with_einval() {
    assert_eq!(scenario("pipes").value("unknown-flag"), "EINVAL");
}

/// A new pipe holds 16 pages, and it can be enlarged.
///
/// - call: `fcntl(F_SETPIPE_SZ)`, success
/// - source: pipe(7), Pipe capacity
/// - level: Linux
#[test]
fn a_new_pipe_holds_16_pages_and_it_can_be_enlarged() {
    let _pages = USER_PAGES.lock().unwrap_or_else(PoisonError::into_inner);
    let sizes = scenario("pipe-sizes");
    assert_eq!(sizes.value("pages"), "16");
    assert_eq!(sizes.value("larger"), "32", "twenty were asked for; it is a power of two");
}

/// Enlarging a pipe above the system's limit fails with `EPERM` for an ordinary user.
///
/// - call: `fcntl(F_SETPIPE_SZ)`, error
/// - source: fcntl(2), Changing the capacity of a pipe (F_SETPIPE_SZ)
/// - level: Linux
#[test]
fn enlarging_a_pipe_above_the_systems_limit_fails_with_eperm_for_an_ordinary_user() {
    let _pages = USER_PAGES.lock().unwrap_or_else(PoisonError::into_inner);
    let sizes = ordinary_scenario("pipe-sizes", "");
    assert_eq!((sizes.value("the-limit"), sizes.value("beyond-the-limit")), ("ok", "EPERM"));
}

/// Making a pipe smaller than its contents fails with `EBUSY`.
///
/// - call: `fcntl(F_SETPIPE_SZ)`, error
/// - source: fcntl(2), Changing the capacity of a pipe (F_SETPIPE_SZ)
/// - level: Linux
#[test]
fn making_a_pipe_smaller_than_its_contents_fails_with_ebusy() {
    let _pages = USER_PAGES.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(scenario("pipe-sizes").value("smaller-than-what-it-holds"), "EBUSY");
}

/// Making a pipe when only one descriptor is left fails with `EMFILE`.
///
/// - call: `pipe`, error
/// - source: pipe(2), ERRORS
/// - level: POSIX
#[test]
fn making_a_pipe_when_only_one_descriptor_is_left_fails_with_emfile() {
    assert_eq!(scenario("no-descriptors").value("pipe"), "EMFILE");
}

/// A write of at most `PIPE_BUF` bytes to a pipe is never mixed with another writer's bytes.
///
/// - call: `write`, success
/// - source: pipe(7), DESCRIPTION (PIPE_BUF)
/// - level: POSIX
#[test]
fn a_write_of_at_most_pipe_buf_bytes_to_a_pipe_is_never_mixed_with_another_writers_bytes() {
    let writers = scenario("two-writers");
    assert_eq!(writers.value("short-one-together"), "true", "in the middle of a long write");
    for length in [1, libc::PIPE_BUF / 2 + 1, libc::PIPE_BUF] {
        let value = |name| writers.value(&format!("{name}-{length}"));
        assert_eq!((value("written"), value("mixed")), ("true", "0"), "many times, {length} bytes");
    }
}

/// A write of more than `PIPE_BUF` bytes can be mixed with another's, even if `write` returns its
/// full length.
///
/// - call: `write`, edge
/// - source: pipe(7), DESCRIPTION (PIPE_BUF)
/// - level: POSIX
#[test]
fn a_write_of_more_than_pipe_buf_bytes_can_be_mixed_with_anothers_even_if_write_returns_its_full_length()
 {
    let writers = scenario("two-writers");
    assert_eq!((writers.value("runs"), writers.value("whole")), ("aba", "true"));
}

/// An ordinary user whose pipes hold too many pages gets smaller pipes.
///
/// - call: `pipe`, edge
/// - source: pipe(7), /proc/sys/fs/pipe-user-pages-soft
/// - level: Linux
#[test]
fn an_ordinary_user_whose_pipes_hold_too_many_pages_gets_smaller_pipes() {
    let _pages = USER_PAGES.lock().unwrap_or_else(PoisonError::into_inner);
    let pages = ordinary_scenario("small-pipes", "");
    assert_eq!(pages.value("refused"), "EPERM", "a pipe cannot be enlarged either");
    let pages: usize = pages.value("pages").parse().unwrap();
    assert!((1..16).contains(&pages), "{pages}; two since Linux 5.14");
}

/// Root gets pipes of 16 pages, however many pages its pipes hold.
///
/// - call: `pipe`, edge
/// - source: pipe(7), /proc/sys/fs/pipe-user-pages-soft
/// - level: Linux
#[test]
#[ignore = "needs root: root is exempt from the limit"]
fn root_gets_pipes_of_16_pages_however_many_pages_its_pipes_hold() {
    let _pages = USER_PAGES.lock().unwrap_or_else(PoisonError::into_inner);
    let pages = scenario("small-pipes");
    assert_eq!((pages.value("refused"), pages.value("pages")), ("ok", "16"));
}
