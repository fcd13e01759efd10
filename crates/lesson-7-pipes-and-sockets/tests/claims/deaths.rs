//! What a process learns when the process at the other end is killed.

use crate::scenario;

/// If the only process at the other end of a pipe is killed, reader and writer learn of it.
///
/// - call: `pipe`, success
/// - source: pipe(7), DESCRIPTION; _exit(2), DESCRIPTION
/// - level: POSIX
#[test]
fn if_the_only_process_at_the_other_end_of_a_pipe_is_killed_reader_and_writer_learn_of_it() {
    let deaths = scenario("deaths");
    assert_eq!(deaths.value("pipe-receiver"), "end of file");
    assert_eq!(deaths.value("pipe-sender"), "EPIPE");
}

/// If the only process at the other end of a socket is killed, reader and writer learn of it.
///
/// - call: `socketpair`, success
/// - source: unix(7), DESCRIPTION; _exit(2), DESCRIPTION
/// - level: POSIX
#[test]
fn if_the_only_process_at_the_other_end_of_a_socket_is_killed_reader_and_writer_learn_of_it() {
    let deaths = scenario("deaths");
    for socket in ["stream", "seqpacket"] {
        assert_eq!(deaths.value(&format!("{socket}-receiver")), "end of file");
        assert_eq!(deaths.value(&format!("{socket}-sender")), "EPIPE");
    }
}

/// A queue doesn't report that the process at the other end was killed.
///
/// - call: `mq_receive`, edge
/// - source: mq_overview(7), DESCRIPTION (does not mention a death)
/// - level: observed
#[test]
fn a_queue_doesnt_report_that_the_process_at_the_other_end_was_killed() {
    let deaths = scenario("deaths");
    assert_eq!(deaths.value("queue-receiver"), "nothing in 100 ms");
    assert_eq!(deaths.value("queue-sender"), "3 fit, then EAGAIN");
    // The receiver may sleep already when the process is killed.
    let death = (0..5).map(|_| scenario("queue-death"));
    let mut death = death.skip_while(|death| death.value("killed-in-time") == "false");
    let death = death.next().expect("killed before the receiver's deadline, in one of five tries");
    assert_eq!(death.value("asleep"), "ETIMEDOUT");
    assert_eq!(death.value("not-before-the-deadline"), "true");
}

/// A process that waits at the ring gets `EOWNERDEAD` when the other process was killed.
///
/// - call: the ring of lesson 7, error
/// - source: fcntl(2), Open file description locks
/// - level: Linux
#[test]
fn a_process_that_waits_at_the_ring_gets_eownerdead_when_the_other_process_was_killed() {
    let deaths = scenario("deaths");
    assert!(deaths.value("ring-receiver").starts_with("EOWNERDEAD"));
    assert!(deaths.value("ring-sender").starts_with("EOWNERDEAD"));
}

/// If a process at one end of a pipe is killed while another process holds that end open, the other
/// end learns nothing.
///
/// - call: `pipe`, edge
/// - source: pipe(7), I/O on pipes and FIFOs
/// - level: POSIX
#[test]
fn if_a_process_at_one_end_of_a_pipe_is_killed_while_another_process_holds_that_end_open_the_other_end_learns_nothing()
 {
    let holders = scenario("two-holders");
    assert_eq!((holders.value("one-dead"), holders.value("both-dead")), ("EAGAIN", "0"));
}

/// `poll` reports a process's pidfd as readable when the process has ended.
///
/// - call: `pidfd_open`, success
/// - source: pidfd_open(2), NOTES
/// - level: Linux
#[test]
fn poll_reports_a_processs_pidfd_as_readable_when_the_process_has_ended() {
    assert_eq!(scenario("deaths").value("pidfd"), "not ready, ready");
}

/// If the killed process has forked, its child keeps the ring's lock until the child ends or calls
/// `exec`.
///
/// - call: the ring of lesson 7, edge
/// - source: fcntl(2), Open file description locks
/// - level: Linux
#[test]
fn if_the_killed_process_has_forked_its_child_keeps_the_rings_lock_until_the_child_ends_or_calls_exec()
 {
    let forked = scenario("forked");
    for side in ["sender", "receiver"] {
        let value = |name| forked.value(&format!("{side}-{name}"));
        assert_eq!(value("killed"), "ok", "the death goes unnoticed");
        assert_eq!((value("child-dead"), value("child-exec")), ("EOWNERDEAD", "EOWNERDEAD"));
        assert_eq!(value("child-lives"), "hello", "after exec");
    }
}
