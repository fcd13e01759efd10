//! The same messages through a pipe with one system call each, through the same pipe with one call for
//! many, and through a ring. `cargo lesson-7` shows the calls and the speed.

use std::fs;

use common::{Context, Result, Stage, allowed_cpus, pin_to, say};
use nix::sys::resource::{UsageWho, getrusage};

use crate::channel::Transport;
use crate::process::second;
use crate::throughput::{Load, send_all};

/// How many messages are sent, and of how many bytes.
const MESSAGES: u64 = 65_536;
const BYTES: usize = 64;
/// How many messages one call carries: 64 KiB.
const BATCH: usize = 1024;

/// Prints a line for each.
///
/// # Errors
/// Of each step, the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let cpus = allowed_cpus()?;
    let [first, others @ ..] = &cpus[..] else { return Ok(()) };
    pin_to(&[*first])?;
    say!("   {MESSAGES} messages of {BYTES} bytes")?;
    say!("   {:<24}{:>8}{:>10}{:>12}", "", "writes", "sleeps", "ns/message")?;
    say!("   {:<24}{:>8}{:>10}{:>12}", "", "", "(varies)", "(varies)")?;
    for (name, transport, messages_per_call) in [
        ("pipe, 1 message a call", Transport::Pipe, 1),
        ("pipe, 1024 a call", Transport::Pipe, BATCH),
        ("ring", Transport::Mapped, 1),
    ] {
        let load = load(transport, messages_per_call);
        let place = stage.scratch.path().join("batching");
        let mut command = second("receive")?;
        command.args([transport.name(), &messages_per_call.to_string()]).arg(&place);
        command.args(others.first().map(|cpu| cpu.to_string()));
        let before = (writes()?, sleeps()?);
        let taken = send_all(load, &place, &mut command)?;
        let (writes, sleeps) = (writes()? - before.0, sleeps()? - before.1);
        let each = taken.as_nanos() / u128::from(MESSAGES);
        say!("   {name:<24}{writes:>8}{sleeps:>10}{each:>12}")?;
    }
    pin_to(&cpus)
}

/// What both processes agree on.
pub fn load(transport: Transport, messages_per_call: usize) -> Load {
    let ring_bytes = BATCH * BYTES; // As much as a pipe of 16 pages of 4 KiB holds.
    Load { transport, message_bytes: BYTES, messages: MESSAGES, messages_per_call, ring_bytes }
}

/// How many calls like `write` this thread has made, as the kernel counts them.
fn writes() -> Result<u64> {
    let text = fs::read_to_string("/proc/thread-self/io").step("read /proc/thread-self/io")?;
    let counted = text.lines().find_map(|line| line.strip_prefix("syscw: "));
    Ok(counted.and_then(|number| number.parse().ok()).unwrap_or_default())
}

/// How often this process has slept: its voluntary context switches.
fn sleeps() -> Result<i64> {
    Ok(getrusage(UsageWho::RUSAGE_SELF).step("getrusage")?.voluntary_context_switches())
}
