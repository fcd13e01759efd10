//! The results as a table, for people.

use common::{Result, say};

use crate::results::Results;

/// Prints both tables.
pub(crate) fn print(results: &Results) -> Result<()> {
    if results.machine.quick {
        say!("a moment's measurement: everything ran, and no figure is worth keeping")?;
    }
    let columns = ["p50", "p99", "p99.9", "max"].map(|name| format!("{name:>10}")).concat();
    say!("\n{:<28}{columns}", "round trip")?;
    for trip in &results.round_trips {
        let times = [trip.p50_ns, trip.p99_ns, trip.p999_ns, trip.max_ns];
        let times = times.map(|ns| format!("{:>10}", time(crate::latency::nanoseconds(ns))));
        let name = format!("{}, {}, {} bytes", trip.transport, trip.wait, trip.payload_bytes);
        say!("{name:<28}{}", times.concat())?;
    }
    say!("\n{:<28}{:>16}{:>16}", "throughput", "messages/s", "bytes/s")?;
    for load in &results.throughput {
        let name = format!("{}, {} bytes", load.transport, load.message_bytes);
        say!("{name:<28}{:>16}{:>16}", count(load.messages_per_s), count(load.bytes_per_s))?;
    }
    Ok(())
}

/// Nanoseconds, in the unit that reads best.
pub(crate) fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e4 => format!("{:.1} µs", ns / 1e3),
        ns if ns < 1e6 => format!("{:.0} µs", ns / 1e3),
        ns if ns < 1e7 => format!("{:.1} ms", ns / 1e6),
        ns => format!("{:.0} ms", ns / 1e6),
    }
}

/// A large number, in the unit that reads best.
pub(crate) fn count(number: f64) -> String {
    match number {
        number if number < 1e3 => format!("{number:.0}"),
        number if number < 1e6 => format!("{:.0} thousand", number / 1e3),
        number if number < 1e9 => format!("{:.1} million", number / 1e6),
        number => format!("{:.1} billion", number / 1e9),
    }
}
