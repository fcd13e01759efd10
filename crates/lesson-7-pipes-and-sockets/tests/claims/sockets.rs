//! Unix sockets: streams, messages, names, errors.

use course::Program;
use nix::sys::signal::Signal;

use crate::{PROGRAM, scenario};

/// A stream socket keeps the order of bytes but not the boundaries of messages.
///
/// - call: `socketpair`, success
/// - source: unix(7), DESCRIPTION
/// - level: POSIX
#[test]
fn a_stream_socket_keeps_the_order_of_bytes_but_not_the_boundaries_of_messages() {
    assert_eq!(scenario("sockets").value("stream"), "onethree");
}

/// A seqpacket socket keeps the order and the boundaries of messages.
///
/// - call: `socketpair`, success
/// - source: unix(7), DESCRIPTION (SOCK_SEQPACKET)
/// - level: POSIX
#[test]
fn a_seqpacket_socket_keeps_the_order_and_the_boundaries_of_messages() {
    let sockets = scenario("sockets");
    assert_eq!(sockets.value("seqpacket"), "one");
    assert!(sockets.value("cut").ends_with(" next"), "the one after it");
}

/// A seqpacket message that is longer than the reader's buffer is cut off.
///
/// - call: `recv`, edge
/// - source: recv(2), DESCRIPTION (MSG_TRUNC)
/// - level: POSIX
#[test]
fn a_seqpacket_message_that_is_longer_than_the_readers_buffer_is_cut_off() {
    assert_eq!(scenario("sockets").value("cut"), "too next");
}

/// A nonblocking read from an empty socket fails with `EAGAIN`.
///
/// - call: `read`, error
/// - source: read(2), ERRORS
/// - level: POSIX
#[test]
fn a_nonblocking_read_from_an_empty_socket_fails_with_eagain() {
    assert_eq!(scenario("sockets").value("empty"), "EAGAIN");
}

/// A nonblocking write to a full socket fails with `EAGAIN`.
///
/// - call: `write`, error
/// - source: write(2), ERRORS
/// - level: POSIX
#[test]
fn a_nonblocking_write_to_a_full_socket_fails_with_eagain() {
    assert_eq!(scenario("sockets").value("full"), "EAGAIN");
}

/// If the other end of a stream socket is closed, `read` returns 0 and `write` fails with `EPIPE`.
///
/// - call: `write`, error
/// - source: recv(2), RETURN VALUE; unix(7), ERRORS
/// - level: POSIX
#[test]
fn if_the_other_end_of_a_stream_socket_is_closed_read_returns_0_and_write_fails_with_epipe() {
    let sockets = scenario("sockets");
    assert_eq!((sockets.value("closed"), sockets.value("no-reader")), ("0", "EPIPE"));
}

/// If a process dies and leaves unread bytes in a socket, one read at the other end fails with
/// `ECONNRESET`.
///
/// - call: `read`, error
/// - source: net/unix/af_unix.c, unix_release_sock
/// - level: observed
#[test]
fn if_a_process_dies_and_leaves_unread_bytes_in_a_socket_one_read_at_the_other_end_fails_with_econnreset()
 {
    let unread = scenario("unread");
    for socket in ["stream", "seqpacket"] {
        assert_eq!(unread.value(&format!("{socket}-reads")), "ECONNRESET 0");
    }
}

/// After a death with unread bytes, a stream socket reports `ECONNRESET` after its last bytes, and
/// a seqpacket socket before its last message.
///
/// - call: `read`, error
/// - source: net/unix/af_unix.c, unix_stream_read_generic; net/core/datagram.c
/// - level: observed
#[test]
fn after_a_death_with_unread_bytes_a_stream_socket_reports_econnreset_after_its_last_bytes_and_a_seqpacket_socket_before_its_last_message()
 {
    let unread = scenario("unread");
    assert_eq!(unread.value("stream-last-words"), "4 ECONNRESET 0");
    assert_eq!(unread.value("seqpacket-last-words"), "ECONNRESET 4 0");
}

/// If a write waits at a full socket and the reader dies, the write fails with `ECONNRESET` and
/// sends no signal.
///
/// - call: `write`, error
/// - source: net/core/sock.c, sock_alloc_send_pskb
/// - level: observed
#[test]
fn if_a_write_waits_at_a_full_socket_and_the_reader_dies_the_write_fails_with_econnreset_and_sends_no_signal()
 {
    let unread = scenario("unread");
    for socket in ["stream", "seqpacket"] {
        let waits = unread.value(&format!("{socket}-waits"));
        assert_eq!(waits, "ECONNRESET then 0", "and the error is reported once");
    }
    assert_eq!(unread.value("survived"), "ok", "SIGPIPE would have killed it");
}

/// If the reader dies, a waiting `write` that has written a part returns the length of that part.
///
/// - call: `write`, edge
/// - source: net/unix/af_unix.c, unix_stream_sendmsg
/// - level: observed
#[test]
fn if_the_reader_dies_a_waiting_write_that_has_written_a_part_returns_the_length_of_that_part() {
    assert_eq!(scenario("unread").value("a-part"), "true then 0");
}

/// After a death with unread bytes, a write to a seqpacket socket fails with `ECONNRESET`, and the
/// next with `EPIPE`.
///
/// - call: `write`, error
/// - source: net/unix/af_unix.c, unix_seqpacket_sendmsg
/// - level: observed
#[test]
fn after_a_death_with_unread_bytes_a_write_to_a_seqpacket_socket_fails_with_econnreset_and_the_next_with_epipe()
 {
    let unread = scenario("unread");
    assert_eq!(unread.value("seqpacket-writes"), "ECONNRESET EPIPE then 0");
    assert_eq!(unread.value("seqpacket-write-and-last-words"), "ECONNRESET then 4 0 0");
}

/// After a death with unread bytes, a write to a stream socket fails with `EPIPE`, and leaves
/// `ECONNRESET` to a later read.
///
/// - call: `write`, error
/// - source: net/unix/af_unix.c, unix_stream_sendmsg
/// - level: observed
#[test]
fn after_a_death_with_unread_bytes_a_write_to_a_stream_socket_fails_with_epipe_and_leaves_econnreset_to_a_later_read()
 {
    let unread = scenario("unread");
    assert_eq!(unread.value("stream-writes"), "EPIPE EPIPE then ECONNRESET");
    assert_eq!(unread.value("stream-write-and-last-words"), "EPIPE then 4 ECONNRESET 0");
}

/// Sending a datagram that is longer than the send buffer fails with `EMSGSIZE`.
///
/// - call: `send`, error
/// - source: send(2), ERRORS
/// - level: POSIX
#[test]
fn sending_a_datagram_that_is_longer_than_the_send_buffer_fails_with_emsgsize() {
    let sockets = scenario("sockets");
    assert_eq!(sockets.value("as-long-as-can-be"), "ok");
    assert_eq!(sockets.value("too-long-a-datagram"), "EMSGSIZE");
}

/// Sending a datagram to the closed end of a pair fails with `ECONNREFUSED`, and the next with
/// `ENOTCONN`.
///
/// - call: `send`, error
/// - source: net/unix/af_unix.c, unix_dgram_sendmsg
/// - level: observed
#[test]
fn sending_a_datagram_to_the_closed_end_of_a_pair_fails_with_econnrefused_and_the_next_with_enotconn()
 {
    let sockets = scenario("sockets");
    assert_eq!(sockets.value("nobody-for-a-datagram"), "ECONNREFUSED");
    assert_eq!(sockets.value("nor-for-the-next"), "ENOTCONN");
}

/// Making a pair of Internet sockets fails with `EOPNOTSUPP`.
///
/// - call: `socketpair`, error
/// - source: socketpair(2), ERRORS
/// - level: POSIX
#[test]
fn making_a_pair_of_internet_sockets_fails_with_eopnotsupp() {
    assert_eq!(scenario("sockets").value("another-family"), "EOPNOTSUPP");
}

/// Connecting to a name that doesn't exist fails with `ENOENT`.
///
/// - call: `connect`, error
/// - source: connect(2), DESCRIPTION; path_resolution(7), DESCRIPTION (ENOENT)
/// - level: POSIX
#[test]
fn connecting_to_a_name_that_doesnt_exist_fails_with_enoent() {
    assert_eq!(scenario("names").value("nobody-yet"), "ENOENT");
}

/// Two unrelated processes can connect through a socket's name.
///
/// - call: `connect`, success
/// - source: unix(7), Pathname sockets
/// - level: POSIX
#[test]
fn two_unrelated_processes_can_connect_through_a_sockets_name() {
    assert_eq!(scenario("names").value("heard"), "hello");
}

/// Binding a socket to a name that exists fails with `EADDRINUSE`.
///
/// - call: `bind`, error
/// - source: bind(2), ERRORS
/// - level: POSIX
#[test]
fn binding_a_socket_to_a_name_that_exists_fails_with_eaddrinuse() {
    assert_eq!(scenario("names").value("taken"), "EADDRINUSE");
}

/// A socket's name outlives its server, and connecting to it then fails with `ECONNREFUSED`.
///
/// - call: `connect`, error
/// - source: connect(2), ERRORS; unix(7), NOTES
/// - level: Linux
#[test]
fn a_sockets_name_outlives_its_server_and_connecting_to_it_then_fails_with_econnrefused() {
    let names = scenario("names");
    assert_eq!(names.value("while-it-lives"), "ok");
    assert_eq!((names.value("still-there"), names.value("left")), ("true", "ECONNREFUSED"));
    assert_eq!(names.value("taken-still"), "EADDRINUSE", "unlink it first");
}

/// Connecting to a regular file fails with `ECONNREFUSED`.
///
/// - call: `connect`, error
/// - source: unix(7), ERRORS (ECONNREFUSED)
/// - level: Linux
#[test]
fn connecting_to_a_regular_file_fails_with_econnrefused() {
    assert_eq!(scenario("names").value("no-socket"), "ECONNREFUSED");
}

/// Making a socket pair when only one descriptor is left fails with `EMFILE`.
///
/// - call: `socketpair`, error
/// - source: socketpair(2), ERRORS
/// - level: POSIX
#[test]
fn making_a_socket_pair_when_only_one_descriptor_is_left_fails_with_emfile() {
    assert_eq!(scenario("no-descriptors").value("socketpair"), "EMFILE");
}

/// Writing to a closed stream socket kills the writer with `SIGPIPE` by default.
///
/// - call: `write`, error
/// - source: unix(7), ERRORS (EPIPE)
/// - level: POSIX
#[test]
fn writing_to_a_closed_stream_socket_kills_the_writer_with_sigpipe_by_default() {
    let ended = Program::new(PROGRAM, ["scenario", "sigpipe-stream"]).run();
    assert_eq!((ended.signal, ended.stdout.as_str()), (Some(Signal::SIGPIPE), ""), "{ended:?}");
}

/// Writing to a closed seqpacket socket fails with `EPIPE` and sends no signal.
///
/// - call: `write`, error
/// - source: net/unix/af_unix.c, unix_dgram_sendmsg
/// - level: observed (POSIX and write(2): `SIGPIPE`; if nothing was unread)
/// - manual says: write(2): a writer whose socket has no reader also gets `SIGPIPE`.
#[test]
fn writing_to_a_closed_seqpacket_socket_fails_with_epipe_and_sends_no_signal() {
    assert_eq!(scenario("sigpipe-seqpacket").value("survived"), "EPIPE");
}
