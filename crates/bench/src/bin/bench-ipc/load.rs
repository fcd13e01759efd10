//! Throughput: each way at each size, once a round.

use bench::{Contestant, Progress, take_turns};
use common::Result;
use lesson_7_pipes_and_sockets::Transport;
use lesson_7_pipes_and_sockets::throughput::{self, Load};

use crate::grounds::{Grounds, able};

/// How many messages a second, in each round.
pub(crate) struct Throughput {
    pub(crate) load: Load,
    pub(crate) messages_per_s: Vec<f64>,
}

const SIZES: [usize; 6] = [64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10];
const TRANSPORTS: [Transport; 4] =
    [Transport::Mapped, Transport::Pipe, Transport::Socket, Transport::Queue];

/// Measures each load that can be.
pub(crate) fn measure(grounds: &Grounds, quick: bool) -> Result<Vec<Throughput>> {
    let rounds = if quick { 2 } else { 9 };
    let all = SIZES.iter().flat_map(|size| TRANSPORTS.map(|way| load(way, *size, quick)));
    let few = |load: &Load| Load { messages: 10, ..*load };
    let loads = able(all.collect(), name, |load| round(grounds, few(load)).map(drop))?;
    let progress = Progress::new(rounds * loads.len());
    let mut contestants: Vec<_> =
        loads.iter().map(|load| Contestant::new(name(load), || round(grounds, *load))).collect();
    let measured = take_turns(rounds, &mut contestants, &progress)?;
    let pairs = loads.iter().zip(measured);
    Ok(pairs.map(|(load, messages_per_s)| Throughput { load: *load, messages_per_s }).collect())
}

/// As many messages as take some tens of milliseconds.
fn load(transport: Transport, message_bytes: usize, quick: bool) -> Load {
    let (most_messages, most_bytes) = match transport {
        Transport::Mapped => (2_000_000, 256 << 20),
        _ => (60_000, 96 << 20),
    };
    let few = if quick { 50 } else { 1 };
    let messages = (most_bytes / message_bytes as u64).min(most_messages) / few;
    Load { transport, message_bytes, messages, messages_per_call: 1, ring_bytes: 1 << 20 }
}

fn name(load: &Load) -> String {
    format!("{}, messages of {} bytes", load.transport.name(), load.message_bytes)
}

fn round(grounds: &Grounds, load: Load) -> Result<f64> {
    let (bytes, messages) = (load.message_bytes.to_string(), load.messages.to_string());
    let role = ["receive", load.transport.name(), &bytes, &messages];
    let taken = throughput::send_all(load, grounds.place()?, &mut grounds.second(&role)?)?;
    let messages = u32::try_from(load.messages).unwrap_or(u32::MAX);
    Ok(f64::from(messages) / taken.as_secs_f64())
}
