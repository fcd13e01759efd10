//! Scenarios at a user's limits, for the claims.

use std::io;
use std::path::Path;

use common::{Context, Result, say};
use nix::fcntl::OFlag;
use nix::mount::{MsFlags, mount};
use nix::mqueue::{MQ_OFlag, mq_unlink};
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::sys::stat::Mode;
use nix::unistd::{Uid, pipe2, setuid};

use super::ended;
use crate::ring_file;
use crate::sys::Queue;

/// Opens a new queue of the default sizes.
fn new_queue() -> io::Result<Queue> {
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_RDWR;
    Queue::open("/mmap-course-never-made", flags, Mode::S_IRUSR, None)
}

/// Makes pipes and sockets, which need two descriptors, when one is left; and a queue when none is left.
pub(super) fn no_descriptors() -> Result<()> {
    let (next, _other) = pipe2(OFlag::O_CLOEXEC).step("pipe")?;
    let number = u64::try_from(std::os::fd::AsRawFd::as_raw_fd(&next)).unwrap_or_default();
    drop(next);
    setrlimit(Resource::RLIMIT_NOFILE, number + 1, number + 1).step("setrlimit")?;
    ended("pipe", pipe2(OFlag::O_CLOEXEC).map_err(io::Error::from))?;
    let (family, flags) = (AddressFamily::Unix, SockFlag::SOCK_CLOEXEC);
    let pair = socketpair(family, SockType::Stream, None, flags);
    ended("socketpair", pair.map_err(io::Error::from))?;
    setrlimit(Resource::RLIMIT_NOFILE, number, number).step("setrlimit")?;
    ended("queue", new_queue())
}

/// Makes a queue when this user has no bytes for queues left.
pub(super) fn no_queue_bytes() -> Result<()> {
    setrlimit(Resource::RLIMIT_MSGQUEUE, 0, 0).step("setrlimit")?;
    ended("queue", new_queue())
}

/// Opens a queue that takes up this user's bytes for queues, unlinks and closes it. Can the user make
/// another queue? No other process has this user's number.
pub(super) fn last_close() -> Result<()> {
    setuid(Uid::from_raw(rand::random_range(1 << 20..1 << 30))).step("setuid")?;
    let queue = || -> io::Result<Queue> {
        let name = format!("/mmap-course-{:016x}", rand::random::<u64>());
        let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_RDWR;
        let queue = Queue::open(&name, flags, Mode::S_IRUSR, Some((8, 8000)))?;
        mq_unlink(name.as_str())?;
        Ok(queue)
    };
    setrlimit(Resource::RLIMIT_MSGQUEUE, 100_000, 100_000).step("setrlimit")?;
    let first = queue().step("mq_open")?;
    ended("while-open", queue())?;
    drop(first);
    ended("after-the-last-close", queue())
}

/// Makes a ring on a file system that is too small for it. The mount is in a namespace of its own, which
/// ends with this process.
pub(super) fn full_disk() -> Result<()> {
    unshare(CloneFlags::CLONE_NEWNS).step("unshare")?;
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).step("make / private")?;
    let small = Path::new("small");
    std::fs::create_dir(small).step_on("create", small)?;
    mount(none, small, Some("tmpfs"), MsFlags::empty(), Some("size=1m")).step_on("mount", small)?;
    let Err(failed) = ring_file::create(&small.join("ring"), 64 << 10, 64) else {
        return say!("errno none");
    };
    say!("errno {}", failed.errno().unwrap_or_default())?;
    say!("says {failed}")?;
    say!("left {}", std::fs::read_dir(small).step_on("list", small)?.count())
}
