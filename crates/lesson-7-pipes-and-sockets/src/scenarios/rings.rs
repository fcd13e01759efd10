//! Scenarios with the ring, for the claims: with a correct peer, with a bad peer, with a peer that is
//! stopped, with a peer that has forked, and with a peer that is killed before it wakes the receiver.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use common::{Context, Peer, Result, say};
use nix::poll::{PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::ended;
use crate::endpoint::Endpoint;
use crate::process::{outcome, until_asleep_in};
use crate::ring_endpoints::{Receiver, Sender};
use crate::ring_file;

fn both(path: &str) -> Result<(Sender, Receiver)> {
    let path = Path::new(path);
    ring_file::create(path, 8, 2)?;
    Ok((Sender::attach(path)?, Receiver::attach(path)?))
}

/// Order, ends, refusals.
pub(super) fn play() -> Result<()> {
    let (mut sender, mut receiver) = both("ring")?;
    sender.send(b"one").step("send")?;
    sender.send(b"three").step("send")?;
    ended("too-long", sender.send(b"nine char"))?;
    let mut text = [0; 8];
    let length = receiver.next(&mut text).step("receive")?.unwrap_or_default();
    say!("first {}", String::from_utf8_lossy(&text[..length]))?;
    ended("too-short-a-buffer", receiver.next(&mut [0; 2]))?;
    say!("second-producer {}", refused(Sender::attach(Path::new("ring"))))?;
    drop(sender);
    say!("left {:?}", receiver.next(&mut text).step("receive")?)?;
    say!("end {:?}", receiver.next(&mut text).step("receive")?)?;
    say!("used-before {}", refused(Sender::attach(Path::new("ring"))))?;
    let (mut sender, receiver) = both("another ring")?;
    drop(receiver);
    let sent = (0..4).map(|_| sender.send(b"?")).find(io::Result::is_err);
    ended("consumer-closed", sent.unwrap_or(Ok(())))?;
    ended("closed-and-not-dead", sender.check_peer())?;
    last_words()
}

/// What a producer had published when it was killed.
fn last_words() -> Result<()> {
    let path = Path::new("last words");
    ring_file::create(path, 8, 4)?;
    let mut receiver = Receiver::attach(path)?;
    let mut other = Peer::start(["second", "send-and-linger", "last words", "3"])?;
    other.hear()?;
    other.kill()?;
    let received = (0..10).take_while(|_| matches!(receiver.next(&mut [0; 8]), Ok(Some(_))));
    say!("after-the-death {}", received.count())?;
    ended("then", receiver.next(&mut [0; 8]))
}

/// A peer that stores values that no correct program stores.
pub(super) fn bad_peer() -> Result<()> {
    let damaged = |path: &str, at: u64, bytes: &[u8]| {
        let (mut sender, receiver) = both(path)?;
        sender.send(b"one").step("send")?;
        let file = File::options().write(true).open(path).step("open")?;
        file.write_all_at(bytes, at).step("damage")?;
        Ok((sender, receiver))
    };
    // At the offsets of `ring_file.rs`: a slot's length, the producer's count, the consumer's count.
    let (_sending, mut receiver) = damaged("length", 640, &u64::MAX.to_ne_bytes())?;
    ended("length", receiver.next(&mut [0; 8]))?;
    let (_sending, mut receiver) = damaged("written", 128, &77_777_u32.to_ne_bytes())?;
    ended("written", receiver.next(&mut [0; 8]))?;
    let (mut sender, _receiving) = damaged("read", 256, &77_777_u32.to_ne_bytes())?;
    let sent = (0..4).map(|_| sender.send(b"?")).find(io::Result::is_err);
    ended("read", sent.unwrap_or(Ok(())))?;
    // A process reads the sizes once, when it attaches. Later changes don't matter.
    let (_sending, mut receiver) = damaged("sizes", 8, &[0xff; 8])?;
    ended("sizes-later", receiver.next(&mut [0; 8]))?;
    say!("sizes-first {}", refused(Receiver::attach(Path::new("sizes"))))
}

/// A consumer that sleeps, is stopped, and goes on.
pub(super) fn stopped() -> Result<()> {
    let path = Path::new("ring");
    ring_file::create(path, 8, 2)?;
    let mut sender = Sender::attach(path)?;
    let mut other = Peer::start(["second", "receive-one", "ring"])?;
    other.hear()?;
    until_asleep_in(other.process.id(), libc::SYS_futex, 1)?;
    say!("asleep true")?;
    let id = Pid::from_raw(i32::try_from(other.process.id()).unwrap_or(i32::MAX));
    kill(id, Signal::SIGSTOP).step("stop")?;
    ended("a-stopped-one", (0..2).try_for_each(|_| sender.send(b"text")))?;
    say!("still-alive {}", outcome(&sender.check_peer()))?;
    kill(id, Signal::SIGCONT).step("go on")?;
    say!("it {}", other.hear()?)?;
    other.wait().map(drop)
}

/// A consumer that has forked and is killed, while its child lives.
pub(super) fn forked() -> Result<()> {
    let path = Path::new("ring");
    ring_file::create(path, 8, 2)?;
    let sender = Sender::attach(path)?;
    let mut other = Peer::start(["second", "attach-and-fork", "ring"])?;
    other.hear()?;
    other.kill()?;
    say!("child-lives {}", outcome(&sender.check_peer()))?;
    other.wait()?; // Closes the pipe that the child waits for.
    let deadline = Instant::now() + Duration::from_secs(20);
    while sender.check_peer().is_ok() && Instant::now() < deadline {
        poll(&mut [], PollTimeout::from(1_u8)).step("poll")?;
    }
    say!("child-dead {}", outcome(&sender.check_peer()))
}

/// A message that is stored by hand while the consumer sleeps, without a wake-up.
pub(super) fn no_wake_up() -> Result<()> {
    let path = Path::new("ring");
    ring_file::create(path, 8, 2)?;
    let mut other = Peer::start(["second", "receive-one", "ring"])?;
    other.hear()?;
    until_asleep_in(other.process.id(), libc::SYS_futex, 1)?;
    store_by_hand(path)?;
    say!("it {}", other.hear()?)?;
    other.wait().map(drop)
}

/// A sender that is killed after it has stored its message and its count, and before it calls
/// `FUTEX_WAKE`.
pub(super) fn killed_before_the_wake_up() -> Result<()> {
    let path = Path::new("ring");
    ring_file::create(path, 8, 2)?;
    let mut receiver = Receiver::attach(path)?;
    let mut other = Peer::start(["second", "send-and-linger", "ring", "0"])?;
    other.hear()?;
    let own = std::process::id();
    let results = thread::scope(|threads| {
        let receiving = threads.spawn(|| [(); 2].map(|()| outcome(&receiver.next(&mut [0; 8]))));
        until_asleep_in(own, libc::SYS_futex, 1)?;
        store_by_hand(path)?;
        other.kill()?;
        let lost = |_| io::Error::from(io::ErrorKind::Other);
        receiving.join().map_err(lost).step("join")
    })?;
    say!("killed-before-the-wake-up {}", results.join(" "))
}

/// Stores a message and its count into an empty ring, as a sender does, and wakes nobody.
fn store_by_hand(path: &Path) -> Result<()> {
    let file = File::options().write(true).open(path).step("open")?;
    // At the offsets of `ring_file.rs`: a slot's length and message, then the sender's count.
    file.write_all_at(&4_u64.to_ne_bytes(), 640).step("store the length")?;
    file.write_all_at(b"text", 648).step("store the message")?;
    file.write_all_at(&2_u32.to_ne_bytes(), 128).step("store the count")
}

/// The program's own message, without the path.
fn refused<T>(attached: Result<T>) -> String {
    let words = attached.err().map(|failure| failure.to_string()).unwrap_or_default();
    words.rsplit_once(": ").map_or(words.clone(), |(_, words)| words.into())
}
