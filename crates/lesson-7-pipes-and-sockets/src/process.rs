//! Starting, killing and observing a second process. `cargo lesson-7` needs it in most steps.

use std::fs::{self, DirEntry};
use std::io;
use std::os::fd::OwnedFd;
use std::process::Child;
use std::time::{Duration, Instant};

use common::{Context, Result};
use nix::fcntl::OFlag;
use nix::poll::{PollTimeout, poll};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::unistd::pipe2;

/// Kills a process that has other pipes than a [`Peer`](common::Peer) with SIGKILL and waits until it has ended.
///
/// # Errors
/// The system's.
pub fn kill(process: &mut Child) -> Result<()> {
    process.kill().step("kill the second process")?;
    process.wait().step("wait for the second process").map(drop)
}

/// A pipe: the end to read from, the end to write to. Other programs don't inherit it.
///
/// # Errors
/// The system's.
pub fn pipe(flags: OFlag) -> Result<(OwnedFd, OwnedFd)> {
    pipe2(flags | OFlag::O_CLOEXEC).step("pipe")
}

/// A pair of connected Unix sockets. Other programs don't inherit it.
///
/// # Errors
/// The system's.
pub fn socket_pair(kind: SockType, flags: SockFlag) -> Result<(OwnedFd, OwnedFd)> {
    let flags = flags | SockFlag::SOCK_CLOEXEC;
    socketpair(AddressFamily::Unix, kind, None, flags).step("socketpair")
}

/// Waits until `count` threads of process `pid` are asleep in the system call `number`. No event tells
/// that a thread has fallen asleep, so this reads `/proc/PID/task/*/syscall`, and the state in `stat`: the
/// first file also names the call of a thread that was woken and has not run yet.
///
/// # Errors
/// `TimedOut`; of reading `/proc`.
pub fn until_asleep_in(pid: u32, number: libc::c_long, count: usize) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while asleep_in(pid, number).step("read /proc/PID/task")? < count {
        if Instant::now() > deadline {
            return Err(io::Error::from(io::ErrorKind::TimedOut)).step("wait until it sleeps");
        }
        poll(&mut [], PollTimeout::from(1_u8)).step("poll")?;
    }
    Ok(())
}

fn asleep_in(pid: u32, number: libc::c_long) -> io::Result<usize> {
    let call = format!("{number} ");
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))?;
    let is_asleep = |task: &DirEntry| {
        let read = |name: &str| fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let is_in_it = || read("syscall").starts_with(&call);
        is_in_it()
            && read("stat").rsplit(") ").next().is_some_and(|rest| rest.starts_with('S'))
            && is_in_it()
    };
    Ok(tasks.flatten().filter(is_asleep).count())
}

/// `ok`, the name of the errno, or the kind of an error that an endpoint itself made.
pub fn outcome<T>(result: &io::Result<T>) -> String {
    match result {
        Err(error) if error.raw_os_error().is_none() => format!("{:?}", error.kind()),
        result => common::outcome(result),
    }
}
