//! What a group measures, in which unit, and which direction is better.

use serde::{Deserialize, Serialize};

/// The unit of a group's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// 10⁹ bytes a second.
    #[serde(rename = "GB/s")]
    GigabytesPerSecond,
    /// Nanoseconds for one operation.
    #[serde(rename = "ns")]
    Nanoseconds,
    /// Messages a second.
    #[serde(rename = "messages/s")]
    MessagesPerSecond,
}

impl Unit {
    /// Whether a larger value is a better one.
    pub fn more_is_better(self) -> bool {
        self != Self::Nanoseconds
    }

    /// For a chart's title: `GB/s, longer bars are better`.
    pub fn direction(self) -> &'static str {
        match self {
            Self::GigabytesPerSecond => "GB/s; longer bars are better",
            Self::Nanoseconds => "time for one; shorter bars are better",
            Self::MessagesPerSecond => "messages a second; longer bars are better",
        }
    }

    /// A value with its unit: `4.53 GB/s`, `43.1 µs`, `2.04 million/s`.
    pub fn write(self, value: f64) -> String {
        match self {
            Self::GigabytesPerSecond => match value {
                v if v < 0.9995 => format!("{} MB/s", digits(v * 1e3)),
                v => format!("{} GB/s", digits(v)),
            },
            Self::Nanoseconds => match value {
                v if v < 999.5 => format!("{} ns", digits(v)),
                v if v < 999.5e3 => format!("{} µs", digits(v / 1e3)),
                v => format!("{} ms", digits(v / 1e6)),
            },
            Self::MessagesPerSecond => match value {
                v if v < 999.5e3 => format!("{} k/s", digits(v / 1e3)),
                v => format!("{} M/s", digits(v / 1e6)),
            },
        }
    }

    /// A round value, without zeros behind the point: `10 GB/s`.
    pub(crate) fn write_round(self, value: f64) -> String {
        let text = self.write(value);
        let (number, unit) = text.split_once(' ').unwrap_or((&text, ""));
        let number = match number.contains('.') {
            true => number.trim_end_matches('0').trim_end_matches('.'),
            false => number,
        };
        if value == 0.0 { "0".into() } else { format!("{number} {unit}") }
    }

    /// How many times as fast `value` is as `baseline`: above 1 is faster.
    pub fn speed(self, value: f64, baseline: f64) -> f64 {
        if self.more_is_better() { value / baseline } else { baseline / value }
    }
}

/// Three significant digits: `0.0123`, `1.23`, `12.3`, `1234`.
pub(crate) fn digits(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        v if v >= 99.95 => format!("{value:.0}"),
        v if v >= 9.995 => format!("{value:.1}"),
        v if v >= 0.9995 => format!("{value:.2}"),
        v if v >= 0.09995 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    }
}

/// The value with six significant digits, so that a record is short and reads back exactly.
pub(crate) fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_with_three_digits_and_their_unit() {
        let ns = [9.994, 43_100.0, 999.6, 2_500_000.0].map(|v| Unit::Nanoseconds.write(v));
        assert_eq!(ns, ["9.99 ns", "43.1 µs", "1.00 µs", "2.50 ms"]);
        let rate = [52_340_000.0, 900_000.0].map(|v| Unit::MessagesPerSecond.write(v));
        assert_eq!(rate, ["52.3 M/s", "900 k/s"]);
        let speed = [4.531, 0.9991, 0.0708].map(|v| Unit::GigabytesPerSecond.write(v));
        assert_eq!(speed, ["4.53 GB/s", "999 MB/s", "70.8 MB/s"]);
        assert_eq!(["0", "0.0123", "0.500"], [0.0, 0.0123, 0.5].map(digits));
    }

    #[test]
    fn round_values_have_no_zeros_behind_the_point() {
        let speed = [0.0, 10.0, 2.5, 100.0].map(|v| Unit::GigabytesPerSecond.write_round(v));
        assert_eq!(speed, ["0", "10 GB/s", "2.5 GB/s", "100 GB/s"]);
        assert_eq!(Unit::Nanoseconds.write_round(1e6), "1 ms");
    }

    #[test]
    fn a_shorter_time_and_a_higher_rate_are_faster() {
        assert_eq!(Unit::Nanoseconds.speed(50.0, 100.0), 2.0);
        assert_eq!(Unit::GigabytesPerSecond.speed(2.0, 4.0), 0.5);
        assert_eq!(rounded(1.0 / 3.0), 0.333333);
        assert_eq!(rounded(1_234_567_890.0), 1_234_570_000.0);
    }
}
