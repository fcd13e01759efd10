//! Scenarios with the ring, for the claims: with a correct peer, with a bad peer, with a peer that has
//! forked, and with a page that the kernel has written to the disk.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

use common::{Context, Peer, Result, say};
use nix::poll::{PollTimeout, poll};
use nix::sys::resource::{UsageWho, getrusage};

use super::ended;
use crate::endpoint::Endpoint;
use crate::process::outcome;
use crate::ring::ONE;
use crate::ring_endpoints::{Receiver, Sender};
use crate::ring_file::{self, RingFile, Role};

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
    // At the offsets of `ring_file.rs`: a slot's length, the producer's count, the consumer's count. The
    // ring has two slots of 8 bytes, and its sender sends two messages before it looks at `read`.
    for (name, length) in [("length", u64::MAX), ("length-by-one", 9)] {
        let (_sending, mut receiver) = damaged(name, 640, &length.to_ne_bytes())?;
        ended(name, receiver.next(&mut [0; 8]))?;
    }
    for (name, count) in [("written", 77_777), ("written-by-one", 3 * ONE)] {
        let (_sending, mut receiver) = damaged(name, 128, &count.to_ne_bytes())?;
        ended(name, receiver.next(&mut [0; 8]))?;
    }
    for (name, count) in [("read", 77_777), ("read-by-one", 3 * ONE)] {
        let (mut sender, _receiving) = damaged(name, 256, &count.to_ne_bytes())?;
        let sent = (0..4).map(|_| sender.send(b"?")).find(io::Result::is_err);
        ended(name, sent.unwrap_or(Ok(())))?;
    }
    // A count that a correct program could have stored, in an empty ring: nobody has sent a message.
    let (_sending, mut receiver) = both("possible")?;
    let file = File::options().write(true).open("possible").step("open")?;
    file.write_all_at(&ONE.to_ne_bytes(), 128).step("damage")?;
    say!("possible {:?}", receiver.next(&mut [0; 8]).step("receive")?)?;
    // A process reads the sizes once, when it attaches. Later changes don't matter.
    let (_sending, mut receiver) = damaged("sizes", 8, &[0xff; 8])?;
    ended("sizes-later", receiver.next(&mut [0; 8]))?;
    say!("sizes-first {}", refused(Receiver::attach(Path::new("sizes"))))
}

/// A sender, then a receiver, that has forked and is killed while its child lives. The child ends, or
/// runs another program.
pub(super) fn forked() -> Result<()> {
    for (name, role) in [("sender", Role::Producer), ("receiver", Role::Consumer)] {
        for runs_cat in [false, true] {
            let path = format!("{name} {runs_cat}");
            ring_file::create(Path::new(&path), 8, 2)?;
            let ours = RingFile::attach(Path::new(&path), role.other())?;
            let mut other = Peer::start(["second", "attach-and-fork", name, &path])?;
            other.hear()?;
            other.kill()?;
            say!("{name}-killed {}", outcome(&ours.check_peer()))?;
            if runs_cat {
                other.tell("run cat")?;
                until_dead(&ours)?;
                say!("{name}-child-exec {}", outcome(&ours.check_peer()))?;
                say!("{name}-child-lives {}", other.ask("hello")?)?;
                other.wait()?;
            } else {
                other.wait()?; // Closes the pipe that the child waits for.
                until_dead(&ours)?;
                say!("{name}-child-dead {}", outcome(&ours.check_peer()))?;
            }
        }
    }
    Ok(())
}

/// Waits until the other process is reported as dead. No event tells that a lock was released.
fn until_dead(ring: &RingFile) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while ring.check_peer().is_ok() && Instant::now() < deadline {
        poll(&mut [], PollTimeout::from(1_u8)).step("poll")?;
    }
    Ok(())
}

/// Page faults of one message before and after the kernel has written the ring's page to the disk.
pub(super) fn written_back() -> Result<()> {
    let (mut sender, mut receiver) = both("ring")?;
    // Linux 5.10 handles the fault of a store to a clean page twice, and calls it a major one.
    let faults = || -> Result<i64> {
        let usage = getrusage(UsageWho::RUSAGE_THREAD).step("getrusage")?;
        Ok(usage.minor_page_faults() + usage.major_page_faults())
    };
    let mut faults_of_a_message = || -> Result<i64> {
        let before = faults()?;
        sender.send(b"text").step("send")?;
        let faults = faults()? - before;
        receiver.next(&mut [0; 8]).step("receive")?;
        Ok(faults)
    };
    faults_of_a_message()?; // The first access to the page, and to the code.
    say!("dirty {}", faults_of_a_message()?)?;
    File::open("ring").and_then(|ring| ring.sync_data()).step("fdatasync")?;
    say!("written {}", faults_of_a_message()?)
}

/// The program's own message, without the path.
fn refused<T>(attached: Result<T>) -> String {
    let words = attached.err().map(|failure| failure.to_string()).unwrap_or_default();
    words.rsplit_once(": ").map_or(words.clone(), |(_, words)| words.into())
}
