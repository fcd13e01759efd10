//! Round trips: one message there, one back. Every method has its turn once a round, each time with a
//! new second process. One reading of the clock is part of each time; its cost is subtracted.

use std::time::{Duration, Instant};

use bench::{Group, Machine, Measured, Method, Notes, Unit};
use common::{Context, Result};
use hdrhistogram::Histogram;
use lesson_7_pipes_and_sockets::round_trip::{self, PingPong};
use lesson_7_pipes_and_sockets::{Channel, Transport, Wait};

use crate::second_process::{Pair, Placement};

/// Round trips before the measured ones: caches, branch predictors and clock frequencies settle.
const WARM_UP: usize = 50;

/// Measures spinning on two CPUs, then sleeping on two and on one.
///
/// # Errors
/// Those of the calls. A note says which method cannot be measured here, and why.
pub(crate) fn measure(
    pair: &Pair,
    machine: &Machine,
    rounds: usize,
    quick: bool,
    notes: &mut Notes,
) -> Result<Vec<Group>> {
    notes.say(format!(
        "each round trip contains one reading of the clock; its {:.0} ns are subtracted",
        machine.clock_ns
    ))?;
    let mut groups = Vec::new();
    for placement in pair.placements() {
        for wait in [Wait::Spin, Wait::Block] {
            if wait == Wait::Spin && placement == Placement::SameCpu {
                continue; // Each would wait for the end of the other's time slice.
            }
            let trips = Trips { pair, placement, wait, clock_ns: machine.clock_ns, quick };
            groups.push(trips.measure(rounds, notes)?);
        }
    }
    Ok(groups)
}

/// The round trips of one group.
#[derive(Clone, Copy)]
struct Trips<'p> {
    pair: &'p Pair,
    placement: Placement,
    wait: Wait,
    clock_ns: f64,
    quick: bool,
}

impl Trips<'_> {
    fn measure(self, rounds: usize, notes: &mut Notes) -> Result<Group> {
        let (id, waiting) = match self.wait {
            Wait::Spin => ("spin", "both processes spin"),
            Wait::Block => ("sleep", "both processes sleep while they wait"),
        };
        let bytes = round_trip::bytes(Channel { transport: Transport::Mapped, wait: self.wait });
        let group = Group {
            id: format!("{id}-{}", self.placement.name()),
            title: format!("Round trip of {bytes} bytes, {waiting}"),
            setting: self.placement.words().into(),
            unit: Unit::Nanoseconds,
            file: None,
            bytes,
            operations: Some(1),
            rows: Vec::new(),
        };
        let mut methods = Vec::new();
        for channel in Channel::ALL.into_iter().filter(|channel| channel.wait == self.wait) {
            let what = format!("{}, {id}", name(channel.transport));
            if notes.made(&what, self.round(channel, 20).map(drop))?.is_some() {
                methods.push(self.method(channel));
            }
        }
        group.measure(rounds, methods)
    }

    fn method(&self, channel: Channel) -> Method<'_> {
        let measure = move |_| self.round(channel, self.count(channel));
        let (name, words) = (name(channel.transport), words(channel.transport));
        let mut method = Method::new(name, kind(channel.transport), words, measure);
        if channel.transport != Transport::Mapped {
            method = method.against("mapped");
        }
        if self.placement == Placement::SameCpu {
            // The same round trip with the second process on another CPU.
            method = method.against(format!("sleep-{}/{name}", Placement::OtherCpu.name()));
        }
        method
    }

    /// As many as take some tens of milliseconds.
    fn count(&self, channel: Channel) -> usize {
        let many = match channel {
            Channel { wait: Wait::Block, .. } => 1_000,
            Channel { transport: Transport::CacheLine | Transport::Mapped, .. } => 40_000,
            _ => 8_000,
        };
        if self.quick { many / 20 } else { many }
    }

    fn round(&self, channel: Channel, count: usize) -> Result<Measured> {
        let role = ["answer", channel.transport.name(), channel.wait.name()];
        let place = self.pair.place()?;
        let start = || PingPong::start(channel, place, &mut self.pair.role(self.placement, &role)?);
        let mut ping_pong = self.pair.starting(self.placement, start)?;
        let mut times = vec![0; count];
        if self.quick {
            let done = run_quickly(&mut ping_pong, &mut times)?;
            times.truncate(done);
        } else {
            ping_pong.run(&mut [0; WARM_UP])?;
            ping_pong.run(&mut times)?;
        }
        let mut histogram = histogram()?;
        for time in times {
            let net = (time as f64 - self.clock_ns).max(1.0);
            #[expect(clippy::cast_possible_truncation, reason = "net is less than the u64 `time`")]
            #[expect(clippy::cast_sign_loss, reason = "net is at least 1")]
            histogram.saturating_record(net.round() as u64);
        }
        let value = histogram.value_at_quantile(0.5) as f64;
        Ok(Measured { value, times: Some(histogram), ..Measured::default() })
    }
}

/// Fills `times` from its start until a short time is over, and returns how many it has filled. If both
/// processes spin on a busy machine, each round trip waits for the other's turn on a CPU, and thousands of
/// them take minutes.
fn run_quickly(ping_pong: &mut PingPong, times: &mut [u64]) -> Result<usize> {
    const SHORT: Duration = Duration::from_millis(50);
    let (began, mut done) = (Instant::now(), 0);
    for some in times.chunks_mut(10) {
        ping_pong.run(some)?;
        done += some.len();
        if began.elapsed() > SHORT {
            break;
        }
    }
    Ok(done)
}

/// From a nanosecond to a minute, to three digits.
fn histogram() -> Result<Histogram<u64>> {
    let created = Histogram::new_with_bounds(1, 60_000_000_000, 3);
    created.map_err(std::io::Error::other).step("create a histogram")
}

/// The short name of a method.
pub(crate) fn name(transport: Transport) -> &'static str {
    transport.name()
}

/// The kind of a method, which decides its colour.
pub(crate) fn kind(transport: Transport) -> &'static str {
    match transport {
        Transport::Mapped => "mapped",
        Transport::Pipe => "pipe",
        Transport::Socket => "socket",
        Transport::Queue => "queue",
        Transport::CacheLine | Transport::Futex => "bare",
    }
}

fn words(transport: Transport) -> &'static str {
    match transport {
        Transport::Mapped => "a message in a mapped file, with its number beside it",
        Transport::Pipe => "two pipes",
        Transport::Socket => "a pair of Unix stream sockets",
        Transport::Queue => "two POSIX message queues",
        Transport::CacheLine => "numbers in mapped memory without any message",
        Transport::Futex => "numbers in mapped memory and a futex, without any message",
    }
}
