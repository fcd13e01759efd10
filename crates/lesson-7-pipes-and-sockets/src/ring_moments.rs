//! A ring, moment by moment: the words that both processes map, while the receiver waits, is woken and is
//! stopped, and the ring fills up. `cargo lesson-7` prints them.

use std::path::Path;

use common::{Context, Failure, Peer, Result, Stage, say};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::process::until_asleep_in;
use crate::ring::TryError;
use crate::ring_endpoints::{Receiver, Sender};
use crate::ring_file::{self, Snapshot};

const BYTES: usize = 8;
const SLOTS: u32 = 4;

/// Prints each moment. This process sends, a second process receives.
///
/// # Errors
/// Of each step, the system's; a refusal if the ring is not as it must be.
pub fn show(stage: &mut Stage) -> Result<()> {
    let path = stage.scratch.path().join("ring");
    ring_file::create(&path, BYTES, SLOTS)?;
    say!("   {:<29}written  read  flag", "")?;
    moment(&path, "   a new ring", [0, 0, 0])?;
    let mut second = Peer::start(["second".as_ref(), "print".as_ref(), path.as_os_str()])?;
    let asleep = || until_asleep_in(second.process.id(), libc::SYS_futex, 1);
    asleep()?;
    moment(&path, "    the receiver waits", [0, 0, 1])?;

    let mut sender = Sender::attach(&path)?;
    sender.try_send(b"one").step_on("send to", &path)?;
    let heard = second.hear()?;
    until_asleep_in(second.process.id(), libc::SYS_futex, 1)?;
    moment(&path, &format!("    received {heard:?}, waits"), [1, 1, 1])?;
    page_view::look("the receiver has received one message")?;

    let id = stop_asleep(second.process.id(), &path)?;
    for text in ["two", "three", "four", "five"] {
        sender.try_send(text.as_bytes()).step_on("send to", &path)?;
    }
    moment(&path, "   receiver stopped, 4 sent", [5, 1, 1])?;
    page_view::layout("the ring's file", &ring_file::snapshot(&path)?.fields())?;
    page_view::look("the ring is full")?;
    match sender.try_send(b"six") {
        Err(TryError::WouldBlock(_)) => say!("   the ring is full: sending \"six\" would wait")?,
        other => return Err(Failure::refusal("send to", &path, format!("{other:?}"))),
    }

    kill(id, Signal::SIGCONT).step("let the receiver go on")?;
    let heard = (0..4).map(|_| second.hear()).collect::<Result<Vec<_>>>()?.join(" ");
    until_asleep_in(second.process.id(), libc::SYS_futex, 1)?;
    moment(&path, "    continued, all received", [5, 5, 1])?;
    say!("    received: {heard}")?;
    drop(sender);
    second.wait().map(drop)
}

/// Stops the receiver while it sleeps with its flag set. It wakes now and then to see whether the sender is
/// alive, and its flag is clear meanwhile. If it is stopped then, it goes on and is stopped again.
fn stop_asleep(receiver: u32, path: &Path) -> Result<Pid> {
    let id = Pid::from_raw(i32::try_from(receiver).unwrap_or(i32::MAX));
    loop {
        until_asleep_in(receiver, libc::SYS_futex, 1)?;
        kill(id, Signal::SIGSTOP).step("stop the receiver")?;
        match waitpid(id, Some(WaitPidFlag::WUNTRACED)).step("wait until it is stopped")? {
            WaitStatus::Stopped(..) => {}
            ended => return Err(Failure::refusal("stop", path, format!("{ended:?}"))),
        }
        if ring_file::snapshot(path)?.receiver_sleeps {
            return Ok(id);
        }
        kill(id, Signal::SIGCONT).step("let the receiver go on")?;
    }
}

/// Prints the words and the slots of the ring, which must be as expected.
fn moment(path: &Path, what: &str, expected: [u32; 3]) -> Result<()> {
    let Snapshot { written, read, receiver_sleeps, slots, .. } = ring_file::snapshot(path)?;
    let flag = u32::from(receiver_sleeps);
    say!("{what:<32}{written:>7}{read:>6}{flag:>6}")?;
    let slots: String = slots.iter().map(|text| format!("│{text:^7}")).collect();
    say!("      slots{slots}│")?;
    if [written, read, flag] == expected {
        return Ok(());
    }
    Err(Failure::refusal("look at", path, format!("not as expected: {expected:?}")))
}

/// The second process's part: prints each message.
///
/// # Errors
/// The system's.
pub fn print(path: &Path) -> Result<()> {
    let mut receiver = Receiver::attach(path)?;
    let mut text = [0; BYTES];
    while let Some(length) = receiver.next(&mut text).step_on("receive from", path)? {
        say!("{}", String::from_utf8_lossy(&text[..length]))?;
    }
    Ok(())
}
