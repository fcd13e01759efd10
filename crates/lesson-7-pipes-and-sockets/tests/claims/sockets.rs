//! Unix sockets: streams, messages, names, errors.

use crate::scene;

#[test]
fn a_stream_socket_keeps_the_order_of_bytes_and_no_boundaries() {
    assert_eq!(scene("sockets").value("stream"), "onethree");
}

#[test]
fn a_seqpacket_socket_keeps_the_boundaries_and_the_order() {
    let sockets = scene("sockets");
    assert_eq!(sockets.value("seqpacket"), "one");
    assert!(sockets.value("cut").ends_with(" next"), "the one after it");
}

#[test]
fn a_message_longer_than_the_reader_s_buffer_loses_its_rest() {
    assert_eq!(scene("sockets").value("cut"), "too next");
}

#[test]
fn reading_an_empty_socket_without_waiting_is_eagain() {
    assert_eq!(scene("sockets").value("empty"), "EAGAIN");
}

#[test]
fn writing_to_a_full_socket_without_waiting_is_eagain() {
    assert_eq!(scene("sockets").value("full"), "EAGAIN");
}

#[test]
fn a_socket_whose_other_end_has_closed_reads_the_end_and_writes_epipe() {
    let sockets = scene("sockets");
    assert_eq!((sockets.value("closed"), sockets.value("no-reader")), ("0", "EPIPE"));
}

#[test]
fn a_socket_that_closes_with_bytes_unread_resets_the_other_end() {
    assert_eq!(scene("sockets").value("unread"), "ECONNRESET");
}

#[test]
fn a_datagram_longer_than_the_send_buffer_is_emsgsize() {
    assert_eq!(scene("sockets").value("too-long-a-datagram"), "EMSGSIZE");
}

#[test]
fn a_datagram_to_a_pair_s_closed_end_is_econnrefused() {
    assert_eq!(scene("sockets").value("nobody-for-a-datagram"), "ECONNREFUSED");
}

#[test]
fn a_pair_of_internet_sockets_is_eopnotsupp() {
    assert_eq!(scene("sockets").value("another-family"), "EOPNOTSUPP");
}

#[test]
fn connecting_to_a_name_that_is_not_there_is_enoent() {
    assert_eq!(scene("names").value("nobody-yet"), "ENOENT");
}

#[test]
fn two_strangers_meet_at_a_socket_s_name() {
    assert_eq!(scene("names").value("heard"), "hello");
}

#[test]
fn binding_to_a_name_that_exists_is_eaddrinuse() {
    assert_eq!(scene("names").value("taken"), "EADDRINUSE");
}

#[test]
fn a_socket_s_name_outlives_its_server_and_connecting_to_it_is_econnrefused() {
    let names = scene("names");
    assert_eq!((names.value("still-there"), names.value("left")), ("true", "ECONNREFUSED"));
    assert_eq!(names.value("taken-still"), "EADDRINUSE", "unlink it first");
}

#[test]
fn connecting_to_a_plain_file_is_econnrefused() {
    assert_eq!(scene("names").value("no-socket"), "ECONNREFUSED");
}

#[test]
fn a_socket_pair_without_two_descriptors_left_is_emfile() {
    assert_eq!(scene("no-descriptors").value("socketpair"), "EMFILE");
}
