//! Throughput: messages of several sizes, each verified, from one process to the other.
//!
//! With small messages a pipe needs one `write` and one `read` for each message, and the ring in mapped
//! memory needs no call. So the smallest messages are also sent many at a time: that row shows how much
//! of the ring's lead is the calls.

use bench::{Group, Measured, Method, Notes, Size, Unit};
use common::Result;
use lesson_7_pipes_and_sockets::Transport;
use lesson_7_pipes_and_sockets::throughput::{self, Load};

use crate::round_trips::{kind, name};
use crate::second_process::Pair;

const SIZES: [Size; 5] = [SMALL, Size(1 << 10), Size(4 << 10), Size(16 << 10), Size(64 << 10)];
/// The messages that are also sent many at a time.
const SMALL: Size = Size(64);
/// What one call carries then: the capacity of a pipe.
const BATCH: Size = Size(64 << 10);
/// The capacity of the ring, and of a smaller one that holds no more than a pipe.
const RING: Size = Size(1 << 20);
const SMALL_RING: Size = Size(64 << 10);

/// What is sent, and the name of it.
struct Sending {
    name: String,
    words: String,
    load: Load,
    against: Vec<&'static str>,
}

/// Measures each size.
///
/// # Errors
/// Those of the calls. A note says which method cannot be measured here, and why.
pub(crate) fn measure(
    pair: &Pair,
    rounds: usize,
    quick: bool,
    notes: &mut Notes,
) -> Result<Vec<Group>> {
    notes.say(format!(
        "the ring writes and reads messages in place, and looks for some microseconds before it \
         sleeps; it holds {RING}, a pipe {BATCH} by default"
    ))?;
    SIZES.into_iter().map(|size| of_size(pair, size, rounds, quick, notes)).collect()
}

fn of_size(
    pair: &Pair,
    size: Size,
    rounds: usize,
    quick: bool,
    notes: &mut Notes,
) -> Result<Group> {
    let group = Group {
        id: format!("throughput-{}", size.short()),
        title: format!("Send messages of {size}"),
        setting: pair.usual().words().into(),
        unit: Unit::MessagesPerSecond,
        file: None,
        bytes: size.0,
        operations: Some(1),
        rows: Vec::new(),
    };
    let mut methods = Vec::new();
    for sending in sendings(size, quick) {
        let Sending { name, words, load, against } = sending;
        let messages = load.messages.min(10);
        let few = Load { messages, ..load };
        let what = format!("{name}, messages of {size}");
        if notes.made(&what, round(pair, few).map(drop))?.is_some() {
            let method =
                Method::new(name, color(load.transport), words, move |_| round(pair, load));
            methods.push(against.into_iter().fold(method, Method::against));
        }
    }
    group.measure(rounds, methods)
}

fn color(transport: Transport) -> &'static str {
    if transport == Transport::Mapped { "ring" } else { kind(transport) }
}

fn sendings(size: Size, quick: bool) -> Vec<Sending> {
    let sending = |name: &str, words: &str, load, against: &[&'static str]| Sending {
        name: name.into(),
        words: words.into(),
        load,
        against: against.into(),
    };
    let load = |transport| load(transport, size, 1, quick);
    let mut all = vec![
        sending("ring", "a ring in mapped memory, in place", load(Transport::Mapped), &[]),
        sending(
            name(Transport::Pipe),
            "a pipe, one write() and one read() for each message",
            load(Transport::Pipe),
            &["ring"],
        ),
        sending(
            name(Transport::Socket),
            "a Unix stream socket, likewise",
            load(Transport::Socket),
            &["ring", "pipe"],
        ),
        sending(
            name(Transport::Queue),
            "a POSIX message queue, one call for each message",
            load(Transport::Queue),
            &["ring"],
        ),
    ];
    if size == SMALL {
        let (per_call, ring_bytes) = (BATCH.0 / size.0, SMALL_RING.0);
        let batch = |transport| self::load(transport, size, per_call, quick);
        all.push(sending(
            "ring-64K",
            "the ring with room for no more than a pipe holds",
            Load { ring_bytes, ..load(Transport::Mapped) },
            &["ring"],
        ));
        all.push(sending(
            "pipe-64K-a-call",
            "the pipe, with 64 KiB of messages in each write() and read()",
            batch(Transport::Pipe),
            &["ring", "pipe", "ring-64K"],
        ));
        all.push(sending(
            "socket-64K-a-call",
            "the socket, likewise",
            batch(Transport::Socket),
            &["ring", "socket"],
        ));
    }
    all
}

/// As many messages as take some tens of milliseconds.
fn load(transport: Transport, size: Size, messages_per_call: usize, quick: bool) -> Load {
    let in_large_pieces = transport == Transport::Mapped || messages_per_call > 1;
    let (most_messages, most_bytes) =
        if in_large_pieces { (2_000_000, 256 << 20) } else { (60_000, 96 << 20) };
    let few = if quick { 50 } else { 1 };
    let messages = (most_bytes / size.0 as u64).min(most_messages) / few;
    Load { transport, message_bytes: size.0, messages, messages_per_call, ring_bytes: RING.0 }
}

fn round(pair: &Pair, load: Load) -> Result<Measured> {
    let numbers = [load.message_bytes as u64, load.messages, load.messages_per_call as u64];
    let [bytes, messages, per_call] = numbers.map(|number| number.to_string());
    let role = ["receive", load.transport.name(), &bytes, &messages, &per_call];
    let second = &mut pair.role(pair.usual(), &role)?;
    let time = throughput::send_all(load, pair.place()?, second)?.time;
    let value = load.messages as f64 / time.as_secs_f64();
    Ok(Measured { value, ..Measured::default() })
}
