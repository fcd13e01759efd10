//! `fork`.

use course::scratch;

use crate::scenario;

/// A forked child sends and receives through the message queue that its parent opened.
///
/// - call: `fork`, success
/// - source: fork(2), NOTES; mq_overview(7); POSIX, fork(), DESCRIPTION
/// - level: POSIX
#[test]
fn a_forked_child_sends_and_receives_through_the_message_queue_that_its_parent_opened() {
    let ended = scenario("message-queue", &scratch()).run();
    assert_eq!(ended.value("child"), "0", "{ended:?}");
    assert_eq!(ended.value("received"), "to the parent");
}
