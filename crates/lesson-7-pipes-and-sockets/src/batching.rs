//! The same messages through a pipe with one system call each, through the same pipe with one call for
//! many, and through a ring. `cargo lesson-7` shows the writes, the sleeps and the time.

use std::io;

use common::{Context, Result, Stage, allowed_cpus, pin_to, say, self_command};

use crate::channel::Transport;
use crate::throughput::{Cost, Load, send_all};

/// How many messages are sent, and of how many bytes.
const MESSAGES: u64 = 65_536;
const BYTES: usize = 64;
/// How many messages one call carries: 64 KiB.
const BATCH: usize = 1024;
/// A sender that sleeps less often than this in 1,000 messages sleeps rarely.
const RARELY: u64 = 50;

/// Prints a line for each.
///
/// # Errors
/// Of each step, the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let cpus = allowed_cpus()?;
    let [first, others @ ..] = &cpus[..] else { return Ok(()) };
    pin_to(&[*first])?;
    say!("   {MESSAGES} messages of {BYTES} bytes: sender's writes and sleeps")?;
    say!("   {:<24}{:>8}{:>10}{:>12}", "", "writes", "sleeps", "ns/message")?;
    say!("   {:<24}{:>8}{:>10}{:>12}", "", "", "(varies)", "(varies)")?;
    let mut most_sleeps = 0;
    for (name, transport, messages_per_call) in [
        ("pipe, 1 message a call", Transport::Pipe, 1),
        ("pipe, 1024 a call", Transport::Pipe, BATCH),
        ("ring", Transport::Mapped, 1),
    ] {
        let load = load(transport, messages_per_call);
        let place = stage.scratch.path().join("batching");
        let mut command = self_command()?;
        command
            .args(["second", "receive", transport.name(), &messages_per_call.to_string()])
            .arg(&place);
        command.args(others.first().map(|cpu| cpu.to_string()));
        let Cost { time, writes, sleeps } = send_all(load, &place, &mut command)?;
        let each = time.as_nanos() / u128::from(MESSAGES);
        say!("   {name:<24}{writes:>8}{sleeps:>10}{each:>12}")?;
        // The batches are so few that their sleeps would always be rare.
        if messages_per_call == 1 {
            most_sleeps = most_sleeps.max(u64::try_from(sleeps).unwrap_or_default());
        }
    }
    pin_to(&cpus)?;
    let most = (most_sleeps * 1000).div_ceil(MESSAGES);
    say!("   most sleeps in 1000 (not batched): {most:<5}expected below {RARELY}")?;
    if most < RARELY {
        return Ok(());
    }
    Err(io::Error::other("not as expected")).step("count the sleeps")
}

/// What both processes agree on.
pub fn load(transport: Transport, messages_per_call: usize) -> Load {
    let ring_bytes = BATCH * BYTES; // As much as a pipe of 16 pages of 4 KiB holds.
    Load { transport, message_bytes: BYTES, messages: MESSAGES, messages_per_call, ring_bytes }
}
