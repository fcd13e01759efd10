//! The same round trip, spinning and sleeping, and sleeping with both processes on one CPU.
//! `cargo lesson-7` shows a few round trips of each; `cargo bench-ipc` measures many.

use std::fs;

use common::{Context, Result, Stage, allowed_cpus, pin_to, say, self_command, sentence};

use crate::channel::{Channel, Transport};
use crate::endpoint::Wait;
use crate::round_trip::PingPong;

/// Round trips in each cell of the table.
const TRIPS: usize = 300;

/// Prints the median of each.
///
/// # Errors
/// Of each step, the system's.
pub fn show(stage: &mut Stage) -> Result<()> {
    let cpus = allowed_cpus()?;
    let [first, others @ ..] = &cpus[..] else { return Ok(()) };
    let other = others.first().copied();
    pin_to(&[*first])?;
    if other.is_none() {
        sentence("There is one CPU, so two columns stay empty.")?;
    }
    say!("   median of {TRIPS} round trips, in µs (varies)")?;
    say!("   {:<12}{:>12}{:>16}{:>16}", "", "both spin", "both sleep", "both sleep")?;
    say!("   {:<12}{:>12}{:>16}{:>16}", "", "on 2 CPUs", "on 2 CPUs", "on 1 CPU")?;
    for transport in [Transport::Mapped, Transport::Pipe, Transport::Socket, Transport::Queue] {
        let median = |wait, cpu: Option<usize>| {
            let channel = Channel { transport, wait };
            let median = cpu.map(|cpu| median(stage, channel, cpu)).transpose()?;
            Ok::<_, common::Failure>(median.map_or("-".into(), |ns| format!("{:.1}", us(ns))))
        };
        let spin = median(Wait::Spin, other)?;
        let [two, one] = [median(Wait::Block, other)?, median(Wait::Block, Some(*first))?];
        say!("   {:<12}{spin:>12}{two:>16}{one:>16}", transport.name())?;
    }
    pin_to(&cpus)
}

/// Microseconds.
fn us(ns: u64) -> f64 {
    std::time::Duration::from_nanos(ns).as_secs_f64() * 1e6
}

fn median(stage: &Stage, channel: Channel, cpu: usize) -> Result<u64> {
    let place = stage.scratch.path().join("memory");
    let mut command = self_command()?;
    command.args(["second", "answer", channel.transport.name(), channel.wait.name()]).arg(&place);
    command.arg(cpu.to_string());
    let mut ping_pong = PingPong::start(channel, &place, &mut command)?;
    let mut times = [0; TRIPS];
    ping_pong.run(&mut times)?;
    if place.exists() {
        fs::remove_file(&place).step_on("remove", &place)?;
    }
    times.sort_unstable();
    Ok(times[TRIPS / 2])
}
