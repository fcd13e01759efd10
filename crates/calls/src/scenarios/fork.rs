//! Scenarios of `fork`.

use common::{Context, Result};
use lesson_5_races_and_semaphores::sys::in_a_forked_child;
use nix::mqueue::{MQ_OFlag, MqAttr, mq_open, mq_receive, mq_send, mq_unlink};
use nix::sys::stat::Mode;

use super::Scenarios;

pub(super) const SCENARIOS: Scenarios = &[("message-queue", message_queue)];

/// A child receives and sends through the descriptor of a message queue that its parent opened.
fn message_queue() -> Result<()> {
    let name = format!("/calls-{}", std::process::id());
    let flags = MQ_OFlag::O_RDWR | MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL;
    let attributes = MqAttr::new(0, 2, 16, 0);
    let queue = mq_open(name.as_str(), flags, Mode::S_IRUSR | Mode::S_IWUSR, Some(&attributes))
        .step("mq_open")?;
    mq_unlink(name.as_str()).step("mq_unlink")?; // The descriptor is all that leads to it now.
    mq_send(&queue, b"to the child", 0).step("mq_send")?;
    let status = in_a_forked_child(|| {
        let mut bytes = [0; 16];
        let received = mq_receive(&queue, &mut bytes, &mut 0);
        let right = received.is_ok_and(|length| &bytes[..length] == b"to the child");
        i32::from(!(right && mq_send(&queue, b"to the parent", 0).is_ok()))
    });
    println!("child {}", status.step("fork")?);
    let mut bytes = [0; 16];
    let length = mq_receive(&queue, &mut bytes, &mut 0).step("mq_receive")?;
    println!("received {}", String::from_utf8_lossy(&bytes[..length]));
    Ok(())
}
