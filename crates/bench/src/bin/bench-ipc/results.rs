//! What was measured, as `ipc.json` says it.

use bench::{Machine, Spread};
use lesson_7_pipes_and_sockets::round_trip;
use serde::Serialize;

use crate::latency::Latency;
use crate::load::Throughput as Measured;

/// The document.
#[derive(Serialize)]
pub(crate) struct Results {
    pub(crate) machine: Ground,
    pub(crate) round_trips: Vec<RoundTrip>,
    pub(crate) throughput: Vec<Throughput>,
}

/// The machine, and how it was used.
#[derive(Serialize)]
pub(crate) struct Ground {
    #[serde(flatten)]
    pub(crate) machine: Machine,
    /// Where the two processes were kept; empty if they were not.
    pub(crate) cores: Vec<usize>,
    /// Whether this was a moment's measurement, not to be believed.
    pub(crate) quick: bool,
}

/// Round trips of one way, all rounds together.
#[derive(Serialize)]
pub(crate) struct RoundTrip {
    pub(crate) transport: &'static str,
    pub(crate) wait: &'static str,
    pub(crate) payload_bytes: usize,
    pub(crate) p50_ns: u64,
    pub(crate) p99_ns: u64,
    pub(crate) p999_ns: u64,
    pub(crate) max_ns: u64,
}

/// The median round of one load.
#[derive(Serialize)]
pub(crate) struct Throughput {
    pub(crate) transport: &'static str,
    pub(crate) message_bytes: usize,
    pub(crate) messages_per_s: f64,
    pub(crate) bytes_per_s: f64,
}

impl Results {
    /// Of these measurements.
    pub(crate) fn of(machine: Ground, latencies: &[Latency], loads: &[Measured]) -> Self {
        let round_trips = latencies.iter().map(RoundTrip::of).collect();
        let throughput = loads.iter().filter_map(Throughput::of).collect();
        Self { machine, round_trips, throughput }
    }

    /// The median round trip of a way, in nanoseconds, if it was measured.
    pub(crate) fn p50(&self, transport: &str, wait: &str) -> Option<f64> {
        let mut all = self.round_trips.iter();
        let found = all.find(|trip| (trip.transport, trip.wait) == (transport, wait))?;
        Some(crate::latency::nanoseconds(found.p50_ns))
    }

    /// Messages a second, if they were measured.
    pub(crate) fn messages(&self, transport: &str, bytes: usize) -> Option<f64> {
        let mut all = self.throughput.iter();
        let found = all.find(|load| (load.transport, load.message_bytes) == (transport, bytes))?;
        Some(found.messages_per_s)
    }
}

impl RoundTrip {
    fn of(latency: &Latency) -> Self {
        let at = |quantile| latency.all.value_at_quantile(quantile);
        Self {
            transport: latency.way.transport.name(),
            wait: latency.way.wait.name(),
            payload_bytes: round_trip::bytes(latency.way),
            p50_ns: at(0.5),
            p99_ns: at(0.99),
            p999_ns: at(0.999),
            max_ns: latency.all.max(),
        }
    }
}

impl Throughput {
    fn of(measured: &Measured) -> Option<Self> {
        let messages_per_s = Spread::of(&measured.messages_per_s)?.median;
        let bytes = u32::try_from(measured.load.message_bytes).unwrap_or(u32::MAX);
        Some(Self {
            transport: measured.load.transport.name(),
            message_bytes: measured.load.message_bytes,
            messages_per_s,
            bytes_per_s: messages_per_s * f64::from(bytes),
        })
    }
}
