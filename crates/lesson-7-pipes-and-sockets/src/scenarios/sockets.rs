//! Scenarios with Unix sockets, for the claims.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use common::{Context, Peer, Result, say};
use nix::sys::signal::Signal;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, getsockopt, socketpair, sockopt};
use nix::unistd::write;

use super::ended;
use crate::boundaries::first_of_two;
use crate::process::socket_pair;

fn pair(kind: SockType) -> Result<(OwnedFd, OwnedFd)> {
    socket_pair(kind, SockFlag::SOCK_NONBLOCK)
}

/// Boundaries, ends and errors.
pub(super) fn play() -> Result<()> {
    for (name, kind) in [("stream", SockType::Stream), ("seqpacket", SockType::SeqPacket)] {
        let (from, to) = pair(kind)?;
        say!("{name} {}", first_of_two(from, to).step("socketpair")?)?;
    }
    let (from, to) = pair(SockType::SeqPacket)?;
    let (mut from, mut to) = (File::from(from), File::from(to));
    to.write_all(b"too long").step("write")?;
    to.write_all(b"next").step("write")?;
    let mut three = [0; 3];
    from.read_exact(&mut three).step("read")?;
    let mut rest = [0; 16];
    let read = from.read(&mut rest).step("read")?;
    let [first, second] = [&three[..], &rest[..read]].map(String::from_utf8_lossy);
    say!("cut {first} {second}")?;
    ended("empty", from.read(&mut rest))?;
    let filled = (0..1_000_000).map(|_| to.write(&[0; 1 << 10])).find(io::Result::is_err);
    ended("full", filled.unwrap_or(Ok(0)))?;

    let (from, to) = pair(SockType::Stream)?;
    drop(from);
    let mut to = File::from(to);
    say!("closed {}", to.read(&mut rest).step("read")?)?;
    ended("no-reader", to.write(b"?"))?;

    let (from, to) = UnixDatagram::pair().step("socketpair")?;
    let room = getsockopt(&from, sockopt::SndBuf).step("getsockopt")?;
    ended("as-long-as-can-be", from.send(&vec![0; room - 32]))?; // The kernel needs 32 bytes itself.
    ended("too-long-a-datagram", from.send(&vec![0; room - 31]))?;
    drop(to);
    ended("nobody-for-a-datagram", from.send(b"?"))?;
    ended("nor-for-the-next", from.send(b"?"))?;
    let (family, flags) = (AddressFamily::Inet, SockFlag::empty());
    let inet = socketpair(family, SockType::Stream, None, flags);
    ended("another-family", inet.map_err(io::Error::from))
}

/// Writes to a socket whose other end is closed, with the default action for SIGPIPE.
pub(super) fn sigpipe(kind: SockType) -> Result<()> {
    let (from, to) = pair(kind)?;
    drop(from);
    crate::sys::default_action(Signal::SIGPIPE).step("sigaction")?;
    ended("survived", write(&to, b"?").map_err(io::Error::from))
}

/// Sockets with names, in the current directory.
pub(super) fn names() -> Result<()> {
    ended("nobody-yet", UnixStream::connect("here"))?;
    let listening = UnixListener::bind("here").step("bind")?;
    ended("taken", UnixListener::bind("here"))?;
    let mut other = Peer::start(["second", "connect", "here"])?;
    let (mut hears, _) = listening.accept().step("accept")?;
    let mut five = [0; 5];
    hears.read_exact(&mut five).step("read")?;
    say!("heard {}", String::from_utf8_lossy(&five))?;
    other.wait()?;
    drop(listening);
    let mut server = Peer::start(["second", "listen", "there"])?;
    server.hear()?;
    ended("while-it-lives", UnixStream::connect("there"))?;
    server.kill()?;
    ended("left", UnixStream::connect("there"))?;
    say!("still-there {}", std::path::Path::new("there").exists())?;
    ended("taken-still", UnixListener::bind("there"))?;
    File::create("plain").step("create")?;
    ended("no-socket", UnixStream::connect("plain"))
}
