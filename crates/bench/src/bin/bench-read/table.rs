//! The table on the terminal, a group at a time, as soon as it is measured.

use common::{Result, say};

use crate::group::{Entry, Ground, Group};
use crate::size::Size;

/// Prints a group: the ground in a line, then a line for each method.
///
/// # Errors
/// Standard output's own.
pub(crate) fn print(group: &Group) -> Result<()> {
    let Ground { what, file_system, written_in, state, bytes, operations } = &group.ground;
    let number = operations.map_or(String::new(), |number| format!("{number} "));
    say!("{number}{what}: {}, {state} on {file_system}, written in {written_in}", Size(*bytes))?;
    let each = if operations.is_some() { "      each" } else { "" };
    say!(
        "  {:28}{:>7}  {:>15}{each}{:>8}{:>10}{:>11}  beside the best read",
        "method",
        "GB/s",
        "lowest–highest",
        "faults",
        "a fault",
        "of memory"
    )?;
    group.entries.iter().try_for_each(|entry| say!("{}", line(group, entry).trim_end()))?;
    say!("")
}

fn line(group: &Group, entry: &Entry) -> String {
    let speed = group.speed(entry);
    let spread = format!("{}–{}", digits(speed.lowest), digits(speed.highest));
    let each = group.ground.operations.map(|number| entry.seconds().median / number as f64);
    let each = each.map_or(String::new(), |seconds| format!("{:>10}", duration(seconds)));
    let fault = group.bytes_per_fault(entry).map_or("-".into(), bytes);
    let ratio = group.ratio_to_memory(entry).map_or("-".into(), |ratio| format!("{ratio:.2}"));
    let verdict = group.verdict(entry).map_or(String::new(), |verdict| verdict.to_string());
    format!(
        "  {:28}{:>7}  {spread:>15}{each}{:>8}{fault:>10}{ratio:>11}  {verdict}",
        entry.name,
        digits(speed.median),
        entry.faults()
    )
}

/// Three digits, as far as they mean something.
pub(crate) fn digits(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value if value >= 0.1 => format!("{value:.2}"),
        value => format!("{value:.3}"),
    }
}

/// `6.1 ns`, `4.9 µs`.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 1e-6 => format!("{} ns", digits(seconds * 1e9)),
        seconds if seconds < 1e-3 => format!("{} µs", digits(seconds * 1e6)),
        seconds => format!("{} ms", digits(seconds * 1e3)),
    }
}

/// `64 KiB`, `1.0 MiB`.
pub(crate) fn bytes(bytes: f64) -> String {
    if bytes < 1024.0 * 1024.0 {
        format!("{:.0} KiB", bytes / 1024.0)
    } else {
        format!("{:.1} MiB", bytes / 1024.0 / 1024.0)
    }
}
