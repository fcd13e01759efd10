//! What pipes do. `cargo test` judges it.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsFd, OwnedFd};

use common::{Context, Result, page_size, say};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::Signal;
use nix::unistd::{pipe2, write};

use super::ended;
use crate::boundaries::first_of_two;

/// A pipe: where to read, where to write.
fn pipe(flags: OFlag) -> Result<(File, File)> {
    let (from, to) = pipe2(flags | OFlag::O_CLOEXEC).step("pipe")?;
    Ok((from.into(), to.into()))
}

fn both(flags: OFlag) -> Result<(OwnedFd, OwnedFd)> {
    pipe2(flags | OFlag::O_CLOEXEC).step("pipe")
}

/// Order, ends and errors.
pub(super) fn play() -> Result<()> {
    let (from, to) = both(OFlag::empty())?;
    say!("bytes {}", first_of_two(from, to).step("pipe")?)?;
    let (from, to) = both(OFlag::O_DIRECT)?;
    say!("packets {}", first_of_two(from, to).step("pipe")?)?;

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

/// Writes of at most `PIPE_BUF` bytes, and longer ones, to a pipe with less room than that.
fn whole_or_not(from: &mut File, to: &mut File) -> Result<()> {
    let room = fcntl(&*to, FcntlArg::F_GETPIPE_SZ).step("F_GETPIPE_SZ")?;
    let room = usize::try_from(room).unwrap_or_default();
    to.write_all(&vec![1; room]).step("fill the pipe")?;
    ended("full", to.write(b"?"))?;
    let mut page = vec![0; page_size()];
    from.read_exact(&mut page).step("make room for a page")?;
    to.write_all(&[1]).step("take a byte of it")?; // A pipe's room is counted in pages.
    let short = vec![2; libc::PIPE_BUF];
    ended("no-room-for-pipe-buf", to.write(&short))?;
    from.read_exact(&mut page).step("make room for another page")?;
    let written =
        to.write(&vec![3; 2 * libc::PIPE_BUF]).step("write more than there is room for")?;
    say!("in-part {}", written > 0 && written < 2 * libc::PIPE_BUF)
}

/// How large a pipe is, and may be.
pub(super) fn sizes() -> Result<()> {
    let (from, mut to) = pipe(OFlag::O_NONBLOCK)?;
    let size = |argument| fcntl(from.as_fd(), argument).map_err(io::Error::from);
    let pages = |bytes: libc::c_int| usize::try_from(bytes).unwrap_or_default() / page_size();
    say!("pages {}", pages(size(FcntlArg::F_GETPIPE_SZ).step("F_GETPIPE_SZ")?))?;
    let page = libc::c_int::try_from(page_size()).unwrap_or(libc::c_int::MAX);
    say!("larger {}", pages(size(FcntlArg::F_SETPIPE_SZ(20 * page)).step("F_SETPIPE_SZ")?))?;
    ended("beyond-the-limit", size(FcntlArg::F_SETPIPE_SZ(1 << 30)))?;
    to.write_all(&vec![1; 3 * page_size()]).step("write")?;
    ended("smaller-than-what-it-holds", size(FcntlArg::F_SETPIPE_SZ(page)))
}

/// Writes to a pipe that nobody reads, with SIGPIPE as a process begins with it: Rust's programs ignore
/// it, all others die.
pub(super) fn sigpipe() -> Result<()> {
    let (from, to) = both(OFlag::empty())?;
    drop(from);
    crate::sys::default_action(Signal::SIGPIPE).step("sigaction")?;
    ended("survived", write(&to, b"?").map_err(io::Error::from))
}
