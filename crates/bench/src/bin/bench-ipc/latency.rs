//! Round trips: every way's turn comes once a round, with a second process started anew.

use bench::{Contestant, Progress, take_turns};
use common::{Context, Result};
use hdrhistogram::Histogram;
use lesson_7_pipes_and_sockets::round_trip::PingPong;
use lesson_7_pipes_and_sockets::{Channel, Transport, Wait};

use crate::grounds::{Grounds, able};

/// How long the round trips of one way took.
pub(crate) struct Latency {
    pub(crate) way: Channel,
    /// All of them, in nanoseconds.
    pub(crate) all: Histogram<u64>,
    /// Each round's median.
    pub(crate) medians: Vec<f64>,
}

/// Round trips that count for nothing: caches, branch predictors and clock speeds settle.
const WARM_UP: usize = 50;

/// Measures each way that can be.
pub(crate) fn measure(grounds: &Grounds, quick: bool) -> Result<Vec<Latency>> {
    let rounds = if quick { 2 } else { 21 };
    let mut ways = Vec::from(Channel::ALL);
    ways.retain(|way| grounds.are_two() || way.wait == Wait::Block);
    let ways = able(ways, |way| way.name(), |way| round(grounds, *way, 20).map(drop))?;
    let progress = Progress::new(rounds * ways.len());
    let mut contestants: Vec<_> = ways
        .iter()
        .map(|way| Contestant::new(way.name(), || round(grounds, *way, trips(*way, quick))))
        .collect();
    let measured = take_turns(rounds, &mut contestants, &progress)?;
    ways.iter().zip(measured).map(|(way, rounds)| latency(*way, &rounds)).collect()
}

/// As many as take some milliseconds, spinning; sleeping takes longer.
fn trips(way: Channel, quick: bool) -> usize {
    let many = match way {
        Channel { wait: Wait::Block, .. } => 1_000,
        Channel { transport: Transport::CacheLine | Transport::Mapped, .. } => 40_000,
        _ => 8_000,
    };
    if quick { many / 20 } else { many }
}

fn round(grounds: &Grounds, way: Channel, trips: usize) -> Result<Vec<u64>> {
    let role = ["answer", way.transport.name(), way.wait.name()];
    let place = grounds.place()?;
    let start = || PingPong::start(way, place, &mut grounds.second(&role)?);
    let mut ping_pong = grounds.on_the_other_core(start)?;
    ping_pong.run(&mut [0; WARM_UP])?;
    let mut times = vec![0; trips];
    ping_pong.run(&mut times)?;
    Ok(times)
}

fn latency(way: Channel, rounds: &[Vec<u64>]) -> Result<Latency> {
    let mut all = histogram()?;
    let mut medians = Vec::new();
    for times in rounds {
        let mut one = histogram()?;
        times.iter().for_each(|time| one.saturating_record(*time));
        all.add(&one).map_err(std::io::Error::other).step("add up")?;
        medians.push(nanoseconds(one.value_at_quantile(0.5)));
    }
    Ok(Latency { way, all, medians })
}

/// From a nanosecond to a minute, to three digits.
fn histogram() -> Result<Histogram<u64>> {
    let created = Histogram::new_with_bounds(1, 60_000_000_000, 3);
    created.map_err(std::io::Error::other).step("make a histogram")
}

/// As a chart wants it: no latency is as long as what an f64 cannot count.
#[expect(clippy::cast_precision_loss, reason = "below 2⁵³ ns: a hundred days")]
pub(crate) fn nanoseconds(time: u64) -> f64 {
    time as f64
}
