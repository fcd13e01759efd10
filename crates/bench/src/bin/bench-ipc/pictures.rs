//! The results as a picture: bars with spread, and the latencies' distribution.

use bench::{Bar, Bars, Chart, Curve, Curves, Spread, picture};
use common::Result;
use lesson_7_pipes_and_sockets::{Transport, Wait};

use crate::latency::{Latency, nanoseconds};
use crate::load::Throughput;
use crate::results::Results;
use crate::table::{count, time};

/// Draws all charts.
pub(crate) fn draw(
    results: &Results,
    latencies: &[Latency],
    loads: &[Throughput],
) -> Result<String> {
    let bars = round_trips(latencies);
    let [spin, block] = [Wait::Spin, Wait::Block].map(|wait| distribution(latencies, wait));
    let loads = throughput(loads);
    let mut charts: Vec<&dyn Chart> = vec![&bars];
    // With one CPU there is no spinning, and a chart of nothing has no axes.
    charts
        .extend([&spin, &block].into_iter().filter(|chart| !chart.curves.is_empty()).map(as_chart));
    charts.push(&loads);
    picture(&format!("IPC on {}", results.machine.machine.sentence()), &charts)
}

fn as_chart(curves: &Curves) -> &dyn Chart {
    curves
}

fn series(transport: Transport) -> usize {
    match transport {
        Transport::Mapped => 0,
        Transport::Pipe => 1,
        Transport::Socket => 2,
        Transport::Queue => 3,
        Transport::CacheLine | Transport::Futex => 5,
    }
}

fn round_trips(latencies: &[Latency]) -> Bars {
    let bar = |latency: &Latency| {
        let (label, series) = (latency.way.name(), series(latency.way.transport));
        Some(Bar { label, series, spread: Spread::of(&latency.medians)? })
    };
    Bars {
        title: "Round trips: the median of the rounds' medians; the line: lowest to highest".into(),
        write: time,
        bars: latencies.iter().filter_map(bar).collect(),
    }
}

fn distribution(latencies: &[Latency], wait: Wait) -> Curves {
    /// Past this share a curve would stand on a handful of round trips.
    const FARTHEST: f64 = 0.999_95;
    let curve = |latency: &Latency| Curve {
        label: latency.way.transport.name().into(),
        series: series(latency.way.transport),
        points: (0..=200)
            .map(|step| 1.0 - 10_f64.powf(-4.3 * f64::from(step) / 200.0))
            .filter(|share| *share <= FARTHEST)
            .map(|share| (share, nanoseconds(latency.all.value_at_quantile(share))))
            .collect(),
    };
    let waiting = latencies.iter().filter(|latency| latency.way.wait == wait);
    Curves {
        title: format!("Round trips, {}: how long all but the slowest took", wait.name()),
        write: time,
        curves: waiting.map(curve).collect(),
    }
}

fn throughput(loads: &[Throughput]) -> Bars {
    let bar = |load: &Throughput| {
        let label = format!("{}, {} bytes", load.load.transport.name(), load.load.message_bytes);
        let spread = Spread::of(&load.messages_per_s)?;
        Some(Bar { label, series: series(load.load.transport), spread })
    };
    Bars {
        title: "Messages a second: the median of the rounds; the line: lowest to highest".into(),
        write: count,
        bars: loads.iter().filter_map(bar).collect(),
    }
}
