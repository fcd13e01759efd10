//! Two messages sent, and what one read brings. `cargo lesson-7` shows it four ways.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::time::Duration;

use common::{Context, Result, Stage, say};
use nix::fcntl::OFlag;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::unistd::pipe2;

use crate::consumer::Consumer;
use crate::end::Wait;
use crate::producer::Producer;
use crate::queue;
use crate::ring_file::{self, RingFile, Role};

/// Shows all of them.
///
/// # Errors
/// Of each step, the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    say!("   sent \"one\", then \"three\"; the first read brings")?;
    let line = |name: &str, got: &str| say!("   {name:<24}{got:?}");
    let (from, to) = pipe2(OFlag::O_CLOEXEC).step("pipe")?;
    line("pipe", &first_of_two(from, to).step("pipe")?)?;
    for (name, kind) in
        [("stream socket", SockType::Stream), ("seqpacket socket", SockType::SeqPacket)]
    {
        let (family, flags) = (AddressFamily::Unix, SockFlag::SOCK_CLOEXEC);
        let (from, to) = socketpair(family, kind, None, flags).step("socketpair")?;
        line(name, &first_of_two(from, to).step(name)?)?;
    }
    let messages = queue::without_a_name(2, 16, Wait::Spin)?;
    messages.send(b"one", 0).step("mq_send")?;
    messages.send(b"three", 9).step("mq_send")?;
    let mut buffer = [0; 16];
    let (length, _) = messages.receive(&mut buffer, Duration::ZERO).step("mq_receive")?;
    line("queue, three urgent", &String::from_utf8_lossy(&buffer[..length]))?;
    line("ring", &by_ring(stage)?)
}

/// Writes both, then reads once.
///
/// # Errors
/// The system's.
pub fn first_of_two(from: OwnedFd, to: OwnedFd) -> io::Result<String> {
    let (mut from, mut to, mut buffer) = (File::from(from), File::from(to), [0; 16]);
    to.write_all(b"one")?;
    to.write_all(b"three")?;
    let read = from.read(&mut buffer)?;
    Ok(String::from_utf8_lossy(&buffer[..read]).into())
}

fn by_ring(stage: &Stage) -> Result<String> {
    let path = stage.scratch.path().join("boundaries");
    ring_file::create(&path, 16, 2)?;
    let (mut producer, mut consumer) = (Producer::default(), Consumer::default());
    let file = RingFile::attach(&path, Role::Producer)?;
    let mut never = || Ok(());
    for text in ["one", "three"] {
        producer.send(&file.ring(), text.as_bytes(), &mut never).step_on("send", &path)?;
    }
    let mut buffer = [0; 16];
    let length =
        consumer.receive(&file.ring(), &mut buffer, &mut never).step_on("receive", &path)?;
    Ok(String::from_utf8_lossy(&buffer[..length.unwrap_or_default()]).into())
}

/// How many messages of 64 bytes each takes before it says "not now".
///
/// # Errors
/// Of each step, the system's.
pub fn show_room(_: &mut Stage) -> Result<()> {
    let sixty_four = |to: OwnedFd| {
        let mut to = File::from(to);
        (0..).take_while(|_| matches!(to.write(&[7; 64]), Ok(64))).count()
    };
    say!(
        "   messages of 64 bytes that nobody reads, before the writer would have to wait (EAGAIN)"
    )?;
    let (_from, to) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).step("pipe")?;
    say!("   pipe     {}", sixty_four(to))?;
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let pair = socketpair(AddressFamily::Unix, SockType::Stream, None, flags).step("socketpair")?;
    say!("   socket   {}", sixty_four(pair.1))?;
    let messages = queue::without_a_name(10, 64, Wait::Spin)?;
    let sent = (0..).take_while(|_| messages.send(&[7; 64], 0).is_ok()).count();
    say!("   queue    {sent}: as many as it was made for")
}
