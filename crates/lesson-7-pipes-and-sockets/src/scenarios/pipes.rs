//! Scenarios with pipes, for the claims.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::AsFd;
use std::process::Stdio;
use std::thread;

use common::{Context, Result, page_size, say, self_command};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::Signal;
use nix::unistd::{pipe2, write};

use super::ended;
use crate::boundaries::first_of_two;
use crate::process::{kill, pipe as both, until_asleep_in};

/// A pipe: the end to read from, the end to write to.
fn pipe(flags: OFlag) -> Result<(File, File)> {
    let (from, to) = both(flags)?;
    Ok((from.into(), to.into()))
}

/// Order, ends and errors.
pub(super) fn play() -> Result<()> {
    let (from, to) = both(OFlag::empty())?;
    say!("bytes {}", first_of_two(from, to).step("pipe")?)?;
    let (from, to) = both(OFlag::O_DIRECT)?;
    say!("packets {}", first_of_two(from, to).step("pipe")?)?;

    packets()?;

    let (mut from, mut to) = pipe(OFlag::empty())?;
    to.write_all(b"last words").step("write")?;
    drop(to);
    let mut all = String::new();
    from.read_to_string(&mut all).step("read")?;
    say!("left {all}")?;
    say!("after {:?}", from.read(&mut [0]).step("read")?)?;

    let (from, mut to) = pipe(OFlag::empty())?;
    drop(from);
    ended("no-reader", to.write(b"?"))?;

    let (mut from, mut to) = pipe(OFlag::O_NONBLOCK)?;
    ended("empty", from.read(&mut [0]))?;
    ended("seek", from.rewind())?;
    ended("read-the-write-end", to.read(&mut [0]))?;
    ended("write-the-read-end", from.write(b"?"))?;
    ended("unknown-flag", pipe2(OFlag::O_APPEND).map_err(io::Error::from))?;
    whole_or_not(&mut from, &mut to)
}

/// Packets of `PIPE_BUF` bytes, and a longer one, each read with a buffer that is longer than both.
fn packets() -> Result<()> {
    let (mut from, mut to) = pipe(OFlag::O_DIRECT)?;
    for length in [libc::PIPE_BUF, libc::PIPE_BUF, libc::PIPE_BUF + 904] {
        let written = to.write(&vec![0; length]).step("write")?;
        say!("packet-of-{length} {}", written == length)?;
    }
    let mut buffer = vec![0; 4 * libc::PIPE_BUF];
    let reads = (0..4).map(|_| from.read(&mut buffer).map(|length| length.to_string()));
    say!("packets-read {}", reads.collect::<io::Result<Vec<_>>>().step("read")?.join(" "))
}

/// Writes at most `PIPE_BUF` bytes, and more, to a pipe that has not so much room.
fn whole_or_not(from: &mut File, to: &mut File) -> Result<()> {
    let room = fcntl(&*to, FcntlArg::F_GETPIPE_SZ).step("F_GETPIPE_SZ")?;
    let room = usize::try_from(room).unwrap_or_default();
    to.write_all(&vec![1; room]).step("fill the pipe")?;
    ended("full", to.write(b"?"))?;
    let mut page = vec![0; page_size()];
    let (last, most) = page.split_at_mut(96);
    from.read_exact(most).step("make room in a page")?; // 4,000 bytes, if a page has 4 KiB.
    ended("no-free-page", to.write(&vec![3; 2 * libc::PIPE_BUF]))?;
    from.read_exact(last).step("make room for a page")?;
    to.write_all(&[1]).step("take a byte of it")?; // A pipe's room is counted in pages.
    let short = vec![2; libc::PIPE_BUF];
    ended("no-room-for-pipe-buf", to.write(&short))?;
    from.read_exact(&mut page).step("make room for another page")?;
    let written =
        to.write(&vec![3; 2 * libc::PIPE_BUF]).step("write more than there is room for")?;
    say!("in-part {}", written > 0 && written < 2 * libc::PIPE_BUF)?;
    let mut rest = Vec::new();
    ended("emptied", from.read_to_end(&mut rest))?; // EAGAIN, after the last byte.
    let bytes = |byte| rest.iter().filter(|found| **found == byte).count();
    say!("bytes-of-the-short-write {}", bytes(2))?;
    say!("bytes-of-the-long-write {}", bytes(3) == written)
}

/// How large a pipe is, and may be.
pub(super) fn sizes() -> Result<()> {
    let (from, mut to) = pipe(OFlag::O_NONBLOCK)?;
    let size = |argument| fcntl(from.as_fd(), argument).map_err(io::Error::from);
    let pages = |bytes: libc::c_int| usize::try_from(bytes).unwrap_or_default() / page_size();
    say!("pages {}", pages(size(FcntlArg::F_GETPIPE_SZ).step("F_GETPIPE_SZ")?))?;
    let page = libc::c_int::try_from(page_size()).unwrap_or(libc::c_int::MAX);
    say!("larger {}", pages(size(FcntlArg::F_SETPIPE_SZ(20 * page)).step("F_SETPIPE_SZ")?))?;
    let path = std::path::Path::new("/proc/sys/fs/pipe-max-size");
    let limit = std::fs::read_to_string(path).step_on("read", path)?;
    let limit = limit.trim().parse().unwrap_or(libc::c_int::MAX - 1);
    ended("the-limit", size(FcntlArg::F_SETPIPE_SZ(limit)))?;
    ended("beyond-the-limit", size(FcntlArg::F_SETPIPE_SZ(limit + 1)))?;
    to.write_all(&vec![1; 3 * page_size()]).step("write")?;
    ended("smaller-than-what-it-holds", size(FcntlArg::F_SETPIPE_SZ(page)))
}

/// Enlarges pipes until the user has no pages for pipes left, and makes one more.
pub(super) fn small_pipes() -> Result<()> {
    let path = "/proc/sys/fs/pipe-max-size";
    let most = std::fs::read_to_string(path).step("read pipe-max-size")?;
    let most = most.trim().parse().unwrap_or(1 << 20);
    let mut pipes = Vec::new();
    let refused = loop {
        let next = both(OFlag::empty())?;
        let enlarged = fcntl(&next.0, FcntlArg::F_SETPIPE_SZ(most)).map_err(io::Error::from);
        pipes.push(next);
        if enlarged.is_err() || pipes.len() > 400 {
            break enlarged;
        }
    };
    ended("refused", refused)?;
    // Other processes of this user may have left room for a few pipes of the usual size.
    let mut sizes = Vec::new();
    while sizes.len() < 32 && sizes.last() >= sizes.first() {
        let next = both(OFlag::empty())?;
        sizes.push(fcntl(&next.0, FcntlArg::F_GETPIPE_SZ).step("F_GETPIPE_SZ")?);
        pipes.push(next);
    }
    let last = sizes.last().copied().unwrap_or_default();
    say!("pages {}", usize::try_from(last).unwrap_or_default() / page_size())
}

/// Writes to a pipe that nobody reads, with the default action for SIGPIPE. (A Rust program ignores
/// SIGPIPE from its start on.)
pub(super) fn sigpipe() -> Result<()> {
    let (from, to) = both(OFlag::empty())?;
    drop(from);
    crate::sys::default_action(Signal::SIGPIPE).step("sigaction")?;
    ended("survived", write(&to, b"?").map_err(io::Error::from))
}

/// Two writers at a full pipe that sleep. The first has written a part of its long message; the second
/// writes `PIPE_BUF` bytes.
pub(super) fn two_writers() -> Result<()> {
    let (mut from, to) = pipe(OFlag::empty())?;
    let size = fcntl(&to, FcntlArg::F_GETPIPE_SZ).step("F_GETPIPE_SZ")?;
    let long = 16 * usize::try_from(size).unwrap_or_default();
    let put = |byte, length| write(&to, &vec![byte; length]).step("write");
    let pid = std::process::id();
    thread::scope(|threads| {
        let first = threads.spawn(|| put(b'a', long));
        until_asleep_in(pid, libc::SYS_write, 1)?;
        let second = threads.spawn(|| put(b'b', libc::PIPE_BUF));
        until_asleep_in(pid, libc::SYS_write, 2)?;
        let mut bytes = vec![0; long + libc::PIPE_BUF];
        from.read_exact(&mut bytes).step("read")?;
        let lost = || io::Error::from(io::ErrorKind::Other);
        let first = first.join().map_err(|_| lost()).step("join")??;
        let second = second.join().map_err(|_| lost()).step("join")??;
        say!("whole {}", first == long && second == libc::PIPE_BUF)?;
        // Runs of equal bytes: each is a message, or a part of one.
        let runs: Vec<_> = bytes.chunk_by(|one, next| one == next).collect();
        say!("runs {}", runs.iter().map(|run| char::from(run[0])).collect::<String>())?;
        let of_second = runs.iter().filter(|run| run[0] == b'b').map(|run| run.len());
        say!("short-one-together {}", of_second.eq([libc::PIPE_BUF]))
    })?;
    // Several writes of fewer bytes share a page of the pipe.
    [1, libc::PIPE_BUF / 2 + 1, libc::PIPE_BUF].into_iter().try_for_each(many_short_writes)
}

/// Two threads that write `length` bytes many times.
fn many_short_writes(length: usize) -> Result<()> {
    const TIMES: usize = 500;
    let (mut from, to) = pipe(OFlag::empty())?;
    let put = |byte| -> io::Result<()> {
        for _ in 0..TIMES {
            assert_eq!(write(&to, &vec![byte; length])?, length);
        }
        Ok(())
    };
    thread::scope(|threads| {
        let writers = [b'a', b'b'].map(|byte| threads.spawn(move || put(byte)));
        let mut bytes = vec![0; 2 * TIMES * length];
        from.read_exact(&mut bytes).step("read")?;
        let mixed = bytes.chunk_by(|one, next| one == next);
        say!("mixed-{length} {}", mixed.filter(|run| run.len() % length != 0).count())?;
        let ended = writers.map(|writer| writer.join().is_ok_and(|written| written.is_ok()));
        say!("written-{length} {}", ended == [true; 2])
    })
}

/// Two processes that have the same end of a pipe; one is killed, then the other.
pub(super) fn two_holders() -> Result<()> {
    let (mut from, to) = pipe(OFlag::O_NONBLOCK)?;
    let start = || -> Result<_> {
        let theirs = to.try_clone().step("dup")?;
        let mut command = self_command()?;
        command.args(["second", "linger"]).stdin(Stdio::null()).stdout(theirs);
        command.spawn().step("start")
    };
    let (mut one, mut other) = (start()?, start()?);
    drop(to);
    kill(&mut one)?;
    ended("one-dead", from.read(&mut [0]))?;
    kill(&mut other)?;
    say!("both-dead {}", from.read(&mut [0]).step("read")?)
}
