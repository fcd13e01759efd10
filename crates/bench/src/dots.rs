//! Latency distributions as dots on a logarithmic axis. Dots, because on such an axis lengths mean
//! nothing: the distance between two dots is their ratio.

use std::fmt::Write;

use crate::svg::{Chart, MARGIN, class, explained, line, text};
use crate::{Group, Latency, Row, Unit};

const LEFT: f64 = 210.0;
const RIGHT: f64 = 820.0;
const ROW: f64 = 26.0;
const HEAD: f64 = 70.0;

/// The shares that are drawn, and how: each dot is smaller than the one before.
const SHARES: [(&str, f64); 4] = [("50 %", 6.5), ("90 %", 5.0), ("99 %", 4.0), ("99.9 %", 3.0)];

fn shares(latency: &Latency) -> [f64; 4] {
    [latency.p50_ns, latency.p90_ns, latency.p99_ns, latency.p999_ns]
}

/// A chart for each group, with a line of dots for each row that has a distribution. All charts have
/// the same axis, so that they can be compared.
pub fn dots(groups: &[&Group]) -> Vec<Chart> {
    let times = || groups.iter().flat_map(|group| rows(group)).flat_map(|(_, times)| times);
    let lowest = times().fold(f64::INFINITY, f64::min);
    let scale = Scale::over(lowest, times().fold(lowest, f64::max));
    groups.iter().map(|group| chart(group, &scale)).collect()
}

/// The rows that have a distribution, with the times that are drawn.
fn rows(group: &Group) -> Vec<(&Row, [f64; 4])> {
    group.rows.iter().filter_map(|row| Some((row, shares(row.latency.as_ref()?)))).collect()
}

fn chart(group: &Group, scale: &Scale) -> Chart {
    let rows = rows(group);
    let mut marks = String::new();
    text(&mut marks, (MARGIN, 24.0), "", "start", &format!("{}: {}", group.title, group.setting));
    let what = "Each dot: this share of the round trips took at most so long. Farther left is \
                better. Logarithmic axis: each line is ten times the one before.";
    text(&mut marks, (MARGIN, 42.0), "small", "start", what);
    let bottom = HEAD + ROW * rows.len() as f64;
    for power in scale.powers() {
        let x = scale.at(power);
        line(&mut marks, "rule", (x, HEAD), (x, bottom));
        let label = Unit::Nanoseconds.write_round(power);
        text(&mut marks, (x, bottom + 15.0), "small", "middle", &label);
    }
    for (index, (row, times)) in rows.iter().enumerate() {
        let y = HEAD + ROW * (index as f64 + 0.5);
        text(&mut marks, (LEFT - 8.0, y + 4.5), "", "end", &row.method);
        line(&mut marks, "rule", (scale.at(times[0]), y), (scale.at(times[3]), y));
        for (time, (_, radius)) in times.iter().zip(SHARES).rev() {
            dot(&mut marks, class(&row.kind), (scale.at(*time), y), radius);
        }
    }
    legend(&mut marks);
    Chart { marks, height: bottom + 24.0, words: words(group, &rows), methods: explained(group) }
}

fn dot(marks: &mut String, class: &str, (x, y): (f64, f64), radius: f64) {
    let _ = writeln!(
        marks,
        "<circle class=\"dot {class}\" cx=\"{x:.2}\" cy=\"{y:.1}\" r=\"{radius}\"/>"
    );
}

/// Which dot is which share.
fn legend(marks: &mut String) {
    for ((name, radius), x) in SHARES.into_iter().zip([LEFT, 270.0, 330.0, 390.0]) {
        dot(marks, "plain", (x, 56.0), radius);
        text(marks, (x + 11.0, 60.0), "small", "start", name);
    }
}

fn words(group: &Group, rows: &[(&Row, [f64; 4])]) -> String {
    let row = |(row, times): &(&Row, [f64; 4])| {
        let shares = SHARES.iter().zip(times);
        let shares = shares
            .map(|((share, _), time)| format!("{share} within {}", Unit::Nanoseconds.write(*time)));
        format!("{} {}", row.method, shares.collect::<Vec<_>>().join(", "))
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    format!("{}: {}: {}.", group.title, group.setting, rows.join("; "))
}

/// A logarithmic scale from a power of ten to a power of ten.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn over(lowest: f64, highest: f64) -> Self {
        let low = lowest.log10().floor();
        Self { low, high: highest.log10().ceil().max(low + 1.0) }
    }

    fn at(&self, time: f64) -> f64 {
        let share = (time.log10() - self.low) / (self.high - self.low);
        LEFT + (RIGHT - LEFT) * share.clamp(0.0, 1.0)
    }

    fn powers(&self) -> Vec<f64> {
        let mut powers = vec![self.low];
        while powers.last().is_some_and(|power| power + 0.5 < self.high) {
            powers.push(powers.last().map_or(self.high, |power| power + 1.0));
        }
        powers.into_iter().map(|power| 10_f64.powf(power)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{svg::figure, table};

    #[test]
    fn equal_ratios_are_equal_distances() {
        let scale = Scale::over(130.0, 4_000_000.0);
        assert_eq!(scale.powers(), [1e2, 1e3, 1e4, 1e5, 1e6, 1e7]);
        let distance = |a: f64, b: f64| scale.at(b) - scale.at(a);
        assert!((distance(200.0, 400.0) - distance(1e6, 2e6)).abs() < 1e-6);
        assert_eq!((scale.at(1e2), scale.at(1e7)), (LEFT, RIGHT));
    }

    #[test]
    fn a_distribution_is_dots_and_no_bars() {
        let run = table::tests::run();
        let group = run.group("trips").unwrap();
        let svg = figure("Figure", &dots(&[group]), &run);
        let document = roxmltree::Document::parse(&svg).unwrap();
        let count =
            |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
        assert_eq!(count("circle"), 2 * SHARES.len(), "a row, and the legend");
        assert_eq!(count("rect"), 1, "the paper alone");
        let words = document.descendants().find(|node| node.has_tag_name("desc")).unwrap();
        assert!(words.text().unwrap().contains("pipe 50 % within 100 ns, 90 % within 200 ns"));
    }
}
