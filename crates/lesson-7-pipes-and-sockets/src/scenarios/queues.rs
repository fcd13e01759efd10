//! Scenarios with POSIX message queues, for the claims.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use common::{Context, Failure, Peer, Result, say};

use super::ended;
use nix::mqueue::{MQ_OFlag, mq_unlink};
use nix::sys::stat::Mode;

use crate::process::{outcome, until_asleep_in};
use crate::sys::Queue;

/// Flags of a new queue whose calls never wait.
fn new() -> MQ_OFlag {
    MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_RDWR | MQ_OFlag::O_NONBLOCK
}

/// Readable and writable by its owner.
fn mode() -> Mode {
    Mode::S_IRUSR | Mode::S_IWUSR
}

/// A name that no other run uses. Dropping it removes the name.
struct Name(String);

impl Name {
    fn new() -> Self {
        Self(format!("/mmap-course-{:016x}", rand::random::<u64>()))
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let _ = mq_unlink(self.0.as_str()); // The scenario may have removed it.
    }
}

fn texts(queue: &Queue, count: usize) -> io::Result<String> {
    let mut texts = Vec::new();
    for _ in 0..count {
        let mut buffer = [0; 16];
        let length = queue.receive(&mut buffer, Duration::ZERO)?;
        texts.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
    }
    Ok(texts.join(" "))
}

/// Messages, priorities, capacity, persistence.
pub(super) fn play() -> Result<()> {
    let name = Name::new();
    let queue = Queue::open(&name.0, new(), mode(), Some((4, 16))).step("mq_open")?;
    for (text, priority) in [("low", 1), ("high", 9), ("low-too", 1), ("", 0)] {
        queue.send(text.as_bytes(), priority).step("mq_send")?;
    }
    ended("full", queue.send(b"?", 0))?;
    say!("held {}", queue.attributes().step("mq_getattr")?.curmsgs())?;
    say!("order {}|", texts(&queue, 4).step("mq_receive")?)?;
    ended("empty", queue.receive(&mut [0; 16], Duration::ZERO))?;
    ended("too-long", queue.send(&[0; 17], 0))?;
    ended("too-short-a-buffer", queue.receive(&mut [0; 15], Duration::ZERO))?;
    ended("priority", queue.send(b"?", 32768))?;
    ended("longest-and-most-urgent", queue.send(&[b'!'; 16], 32767))?;
    say!("longest {}", texts(&queue, 1).step("mq_receive")?)?;
    drop(queue);
    Peer::start(["second", "send-to-queue", &name.0])?.wait()?; // Now no process has the queue open.
    let again = Queue::open(&name.0, MQ_OFlag::O_RDONLY, mode(), None).step("mq_open")?;
    say!("kept {}", texts(&again, 1).step("mq_receive")?)?;
    ended("nothing-comes", again.receive(&mut [0; 16], Duration::from_millis(20)))?;
    ended("send-to-a-reader", again.send(b"?", 0))?;
    mq_unlink(name.0.as_str()).step("mq_unlink")?;
    ended("unlinked", Queue::open(&name.0, MQ_OFlag::O_RDWR, mode(), None))?;
    say!("unlinked-open {}", again.attributes().step("mq_getattr")?.maxmsg())?;
    let no_queue = File::open(".").map(OwnedFd::from).step("open")?;
    ended("no-queue", Queue::from(no_queue).attributes())
}

/// A receiver that already sleeps when the process at the other end is killed.
pub(super) fn death_of_the_other() -> Result<()> {
    const PATIENCE: Duration = Duration::from_secs(2);
    let (name, flags) = (Name::new(), MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_RDWR);
    let queue = Queue::open(&name.0, flags, mode(), Some((4, 16))).step("mq_open")?;
    let mut other = Peer::start(["second", "open-queue", &name.0])?;
    other.hear()?;
    let end = Instant::now() + PATIENCE; // Not later than the receiver's own deadline.
    let received = thread::scope(|threads| {
        let receiving = threads.spawn(|| outcome(&queue.receive(&mut [0; 16], PATIENCE)));
        until_asleep_in(std::process::id(), libc::SYS_mq_timedreceive, 1)?;
        other.kill()?;
        say!("killed-in-time {}", Instant::now() < end)?;
        let lost = |_| io::Error::from(io::ErrorKind::Other);
        receiving.join().map_err(lost).step("join")
    })?;
    say!("asleep {received}")?;
    say!("not-before-the-deadline {}", Instant::now() >= end)
}

/// What `mq_open` and `mq_unlink` refuse to an ordinary user.
pub(super) fn refusals() -> Result<()> {
    let name = Name::new();
    let open = |name: &str, flags, sizes| Queue::open(name, flags, mode(), sizes).map(drop);
    ended("missing", open(&name.0, MQ_OFlag::O_RDWR, None))?;
    ended("missing-to-unlink", mq_unlink(name.0.as_str()).map_err(io::Error::from))?;
    ended("no-slash", open("queue", new(), None))?;
    ended("two-slashes", open("/a/b", new(), None))?;
    ended("only-a-slash", open("/", new(), None))?;
    let longest = format!("{:x<256}", name.0);
    ended("longest-name", open(&longest, new(), None))?;
    ended("longest-name-to-unlink", mq_unlink(longest.as_str()).map_err(io::Error::from))?;
    ended("long-name", open(&format!("/{}", "x".repeat(256)), new(), None))?;
    ended("no-messages", open(&name.0, new(), Some((0, 16))))?;
    ended("no-bytes", open(&name.0, new(), Some((4, 0))))?;
    let limit = |file: &str| {
        let path = Path::new("/proc/sys/fs/mqueue").join(file);
        let text = std::fs::read_to_string(&path).step_on("read", &path)?;
        text.trim().parse().map_err(|_| Failure::refusal("read", &path, "no number"))
    };
    let (most, longest): (i64, i64) = (limit("msg_max")?, limit("msgsize_max")?);
    ended("too-many", open(&name.0, new(), Some((most + 1, 16))))?;
    ended("too-long", open(&name.0, new(), Some((1, longest + 1))))?;
    ended("as-many-as-can-be", open(&name.0, new(), Some((most, 16))))?;
    mq_unlink(name.0.as_str()).step("mq_unlink")?;
    ended("as-long-as-can-be", open(&name.0, new(), Some((1, longest))))?;
    ended("taken", open(&name.0, new(), None))?;
    ended("the-other-s", open(&std::env::var("OTHER").unwrap_or_default(), MQ_OFlag::O_RDWR, None))
}
