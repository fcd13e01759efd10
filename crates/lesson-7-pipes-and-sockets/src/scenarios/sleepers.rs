//! Scenarios with processes that wait, for the claims: at a ring whose other process is stopped, wakes
//! nobody or is killed; and on a CPU that both processes need.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread;

use common::{Context, Failure, Peer, Result, allowed_cpus, pin_to, say, self_command};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::ended;
use crate::channel::{Channel, Transport};
use crate::consumer::Consumer;
use crate::endpoint::Wait;
use crate::process::{outcome, until_asleep_in};
use crate::producer::Producer;
use crate::ring_endpoints::Receiver;
use crate::ring_file::{self, RingFile, Role};
use crate::round_trip::PingPong;

/// How often a process checks a stopped process before it lets the stopped process go on.
const CHECKS: u32 = 3;

/// A process that waits for a stopped process.
pub(super) fn stopped() -> Result<()> {
    stopped_receiver()?;
    stopped_sender()
}

/// A receiver that sleeps and is stopped, while this process fills the ring and waits for a free slot.
fn stopped_receiver() -> Result<()> {
    let path = Path::new("ring");
    ring_file::create(path, 8, 2)?;
    let file = RingFile::attach(path, Role::Producer)?;
    let (ring, mut producer) = (file.ring(), Producer::default());
    let mut other = Peer::start(["second", "print", "ring"])?;
    until_asleep_in(other.process.id(), libc::SYS_futex, 1)?;
    say!("asleep true")?;
    let id = stop(&other)?;
    let mut checks = 0;
    let sent = (0..3).try_for_each(|_| {
        producer.send(&ring, b"text", &mut || {
            file.check_peer()?;
            checks += 1;
            if checks == CHECKS { Ok(kill(id, Signal::SIGCONT)?) } else { Ok(()) }
        })
    });
    say!("stopped-receiver {}", checks >= CHECKS)?;
    ended("sent", sent)?;
    producer.close(&ring);
    let received = [(); 3].map(|()| other.hear().unwrap_or_default());
    say!("received {}", received.join(" "))?;
    other.wait().map(drop)
}

/// A sender that is stopped, while this process waits for a message. In the end the sender is killed.
fn stopped_sender() -> Result<()> {
    let path = Path::new("another ring");
    ring_file::create(path, 8, 2)?;
    let file = RingFile::attach(path, Role::Consumer)?;
    let mut other = Peer::start(["second", "send-and-linger", "another ring", "0"])?;
    other.hear()?;
    stop(&other)?;
    let mut checks = 0;
    let received = Consumer::default().receive(&file.ring(), &mut [0; 8], &mut || {
        file.check_peer()?;
        checks += 1;
        if checks == CHECKS { other.kill().map(drop).map_err(io::Error::other) } else { Ok(()) }
    });
    say!("stopped-sender {}", checks == CHECKS)?;
    ended("killed-sender", received)
}

/// Stops the process, and waits until it is stopped.
fn stop(process: &Peer) -> Result<Pid> {
    let id = Pid::from_raw(i32::try_from(process.process.id()).unwrap_or(i32::MAX));
    kill(id, Signal::SIGSTOP).step("stop")?;
    match waitpid(id, Some(WaitPidFlag::WUNTRACED)).step("wait until it is stopped")? {
        WaitStatus::Stopped(..) => Ok(id),
        other => Err(Failure::refusal("stop", Path::new("/proc"), format!("{other:?}"))),
    }
}

/// A message that is stored by hand while the receiver sleeps, without a wake-up.
pub(super) fn no_wake_up() -> Result<()> {
    let path = Path::new("ring");
    ring_file::create(path, 8, 2)?;
    let mut other = Peer::start(["second", "receive-one", "ring"])?;
    other.hear()?;
    until_asleep_in(other.process.id(), libc::SYS_futex, 1)?;
    say!("timeout-ns {}", futex_timeout(other.process.id()).step("read the timeout")?)?;
    store_by_hand(path)?;
    say!("it {}", other.hear()?)?;
    other.wait().map(drop)
}

/// The nanoseconds after which the sleep of a process in `futex` times out: the call's fourth argument
/// is the address of two 64-bit words, seconds and nanoseconds.
fn futex_timeout(pid: u32) -> io::Result<i64> {
    let call = || fs::read_to_string(format!("/proc/{pid}/syscall"));
    let memory = File::open(format!("/proc/{pid}/mem"))?;
    loop {
        let before = call()?;
        let [number, _, _, _, timeout, ..] = before.split(' ').collect::<Vec<_>>()[..] else {
            continue; // The process is not asleep at this moment.
        };
        let address = u64::from_str_radix(timeout.trim_start_matches("0x"), 16);
        let mut words = [0; 16];
        memory.read_exact_at(&mut words, address.map_err(io::Error::other)?)?;
        let (words, _) = words.as_chunks::<8>();
        let [seconds, nanoseconds] = [words[0], words[1]].map(i64::from_ne_bytes);
        if number == libc::SYS_futex.to_string() && call()? == before {
            return Ok(seconds * 1_000_000_000 + nanoseconds);
        }
    }
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

/// Both processes spin on one CPU: does the kernel take the CPU from this process in each round trip?
pub(super) fn one_cpu() -> Result<()> {
    const TRIPS: usize = 20;
    let cpu = allowed_cpus()?[0];
    pin_to(&[cpu])?;
    for transport in [Transport::Mapped, Transport::Pipe, Transport::Socket, Transport::Queue] {
        let (channel, name) = (Channel { transport, wait: Wait::Spin }, transport.name());
        let mut command = self_command()?;
        command.args(["second", "answer", name, channel.wait.name(), name, &cpu.to_string()]);
        let mut ping_pong = PingPong::start(channel, Path::new(name), &mut command)?;
        ping_pong.run(&mut [0])?; // The second process has started.
        let taken =
            || getrusage(UsageWho::RUSAGE_SELF).map(|usage| usage.involuntary_context_switches());
        let before = taken().step("getrusage")?;
        ping_pong.run(&mut [0; TRIPS])?;
        let taken = taken().step("getrusage")? - before;
        say!(
            "{name}-taken-each-time {}",
            usize::try_from(taken).is_ok_and(|taken| taken >= TRIPS)
        )?;
    }
    Ok(())
}
