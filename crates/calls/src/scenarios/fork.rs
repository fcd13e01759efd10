//! Scenarios of `fork`.

use common::{Context, Result, outcome, page_size};
use lesson_1_mapping_a_file::sys::MmapCall;
use lesson_5_races_and_semaphores::sys::{OnParentDeath, exit_status, fork, in_a_forked_child};
use nix::mqueue::{MQ_OFlag, MqAttr, mq_open, mq_receive, mq_send, mq_unlink};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::stat::Mode;

use super::Scenarios;

pub(super) const SCENARIOS: Scenarios = &[
    ("message-queue", message_queue),
    ("child-protects", child_protects),
    ("no-process-left", no_process_left),
];

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

/// A child stores to shared memory and then makes it read-only for itself, while its parent stores there.
fn child_protects() -> Result<()> {
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
    let area = MmapCall { flags, ..MmapCall::anonymous(page_size()) }.make().step("mmap")?;
    let (asked, asks) = nix::unistd::pipe().step("pipe")?;
    let (go_on, goes_on) = nix::unistd::pipe().step("pipe")?;
    let child = fork(OnParentDeath::Die, || {
        area.store(0, 1);
        let protected = area.protect(0, page_size(), libc::PROT_READ).is_ok();
        let told = nix::unistd::write(&asks, &[u8::from(protected)]).is_ok();
        let heard = nix::unistd::read(&go_on, &mut [0]).is_ok();
        i32::from(!(protected && told && heard && area.load(0) == 2))
    });
    let child = child.step("fork")?;
    let mut protected = [0];
    nix::unistd::read(&asked, &mut protected).step("read")?;
    println!("child-protected {}", if protected == [1] { "yes" } else { "no" });
    area.store(0, 1 + area.load(0));
    println!("parent-loads {}", area.load(0));
    nix::unistd::write(&goes_on, &[0]).step("write")?;
    println!("child {}", exit_status(child).step("wait")?);
    Ok(())
}

/// Whatever else the user runs, this process alone is as many as the limit allows.
fn no_process_left() -> Result<()> {
    println!("before {}", outcome(&in_a_forked_child(|| 0)));
    setrlimit(Resource::RLIMIT_NPROC, 1, 1).step("setrlimit")?;
    println!("at-the-limit {}", outcome(&in_a_forked_child(|| 0)));
    Ok(())
}
