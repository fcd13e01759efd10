//! What the ring does: with an honest neighbour, with a bad one, with one that is stopped. `cargo test`
//! judges it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{Context, Result, say};
use nix::poll::{PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::ended;
use crate::death::{end, hear, name, second};
use crate::end::End;
use crate::ring_ends::{Receiving, Sending};
use crate::ring_file;

fn both(path: &str) -> Result<(Sending, Receiving)> {
    let path = Path::new(path);
    ring_file::create(path, 8, 2)?;
    Ok((Sending::attach(path)?, Receiving::attach(path)?))
}

/// Order, ends, refusals.
pub(super) fn play() -> Result<()> {
    let (mut sending, mut receiving) = both("ring")?;
    sending.send(b"one").step("send")?;
    sending.send(b"three").step("send")?;
    ended("too-long", sending.send(b"nine char"))?;
    let mut text = [0; 8];
    let length = receiving.next(&mut text).step("receive")?.unwrap_or_default();
    say!("first {}", String::from_utf8_lossy(&text[..length]))?;
    ended("too-short-a-buffer", receiving.next(&mut [0; 2]))?;
    say!("second-producer {}", refused(Sending::attach(Path::new("ring"))))?;
    drop(sending);
    say!("left {:?}", receiving.next(&mut text).step("receive")?)?;
    say!("end {:?}", receiving.next(&mut text).step("receive")?)?;
    say!("used-before {}", refused(Sending::attach(Path::new("ring"))))?;
    let (mut sending, receiving) = both("another ring")?;
    drop(receiving);
    let sent = (0..4).map(|_| sending.send(b"?")).find(io::Result::is_err);
    ended("consumer-closed", sent.unwrap_or(Ok(())))?;
    last_words()
}

/// What a producer had published when it was killed.
fn last_words() -> Result<()> {
    let path = Path::new("last words");
    ring_file::create(path, 8, 4)?;
    let mut receiving = Receiving::attach(path)?;
    let mut command = second("send-and-linger")?;
    let mut other = command.arg(path).arg("3").stdout(Stdio::piped()).spawn().step("start")?;
    hear(&mut other)?;
    end(&mut other)?;
    let received = (0..10).take_while(|_| matches!(receiving.next(&mut [0; 8]), Ok(Some(_))));
    say!("after-the-death {}", received.count())?;
    ended("then", receiving.next(&mut [0; 8]))
}

/// A neighbour that stores what no honest one stores.
pub(super) fn bad_neighbour() -> Result<()> {
    let damaged = |path: &str, at: u64, bytes: &[u8]| {
        let (mut sending, receiving) = both(path)?;
        sending.send(b"one").step("send")?;
        let file = File::options().write(true).open(path).step("open")?;
        file.write_all_at(bytes, at).step("damage")?;
        Ok((sending, receiving))
    };
    // Where `ring_file.rs` draws them: a slot's length, the producer's count, the consumer's.
    let (_sending, mut receiving) = damaged("length", 640, &u64::MAX.to_ne_bytes())?;
    ended("length", receiving.next(&mut [0; 8]))?;
    let (_sending, mut receiving) = damaged("written", 128, &77_777_u32.to_ne_bytes())?;
    ended("written", receiving.next(&mut [0; 8]))?;
    let (mut sending, _receiving) = damaged("read", 256, &77_777_u32.to_ne_bytes())?;
    let sent = (0..4).map(|_| sending.send(b"?")).find(io::Result::is_err);
    ended("read", sent.unwrap_or(Ok(())))?;
    // Sizes are read once, when a process attaches: later they may say what they like.
    let (_sending, mut receiving) = damaged("sizes", 8, &[0xff; 8])?;
    ended("sizes-later", receiving.next(&mut [0; 8]))?;
    say!("sizes-first {}", refused(Receiving::attach(Path::new("sizes"))))
}

/// A consumer that sleeps, is stopped, and goes on: stopped is not dead.
pub(super) fn stopped() -> Result<()> {
    let path = Path::new("ring");
    ring_file::create(path, 8, 2)?;
    let mut sending = Sending::attach(path)?;
    let start = || -> Result<_> {
        let mut command: Command = second("sleep")?;
        command.arg(path).stdout(Stdio::piped()).spawn().step("start")
    };
    let mut other = start()?;
    hear(&mut other)?;
    until_asleep(other.id())?;
    say!("asleep true")?;
    let id = Pid::from_raw(i32::try_from(other.id()).unwrap_or(i32::MAX));
    kill(id, Signal::SIGSTOP).step("stop")?;
    ended("a-stopped-one", (0..2).try_for_each(|_| sending.send(b"text")))?;
    say!("still-alive {}", name(&sending.ask()))?;
    kill(id, Signal::SIGCONT).step("go on")?;
    say!("it {}", hear(&mut other)?)?;
    other.wait().step("wait").map(drop)
}

/// Waits until a process sleeps in `futex`: no event tells of that.
fn until_asleep(process: u32) -> Result<()> {
    let (path, futex) = (format!("/proc/{process}/syscall"), format!("{} ", libc::SYS_futex));
    let deadline = Instant::now() + Duration::from_secs(20);
    while !std::fs::read_to_string(&path).step("read")?.starts_with(&futex) {
        if Instant::now() > deadline {
            return Err(io::Error::from(io::ErrorKind::TimedOut)).step("wait until it sleeps");
        }
        poll(&mut [], PollTimeout::from(1_u8)).step("poll")?;
    }
    Ok(())
}

/// The program's own words, without the path.
fn refused<T>(attached: Result<T>) -> String {
    let words = attached.err().map(|failure| failure.to_string()).unwrap_or_default();
    words.rsplit_once(": ").map_or(words.clone(), |(_, words)| words.into())
}
